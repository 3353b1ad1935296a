/**
 * A data set: its samples in an order that only its files decide, and their pictures when asked for. A list is all that
 * is kept; files are opened for each picture and closed again.
 *
 * Pure: runs in Node and in the browser, which bring the files and the decoder.
 */
import { DalleError, FormatError } from '../../base/errors.ts';
import type { DecodeOptions } from '../../images/decode-options.ts';
import type { Picture } from '../../images/picture.ts';
import { hashBlocks } from '../../weights-convert/sha256.ts';
import { readRange, type DataFile } from './data-file.ts';
import { FindingCounts, type Finding } from './findings.ts';
import { listFolder } from './list-folder.ts';
import { listShard } from './list-shard.ts';
import type { FoundSample, Sample } from './sample.ts';
import { MAX_UNPACKED_BYTES, openShard } from './unpack-shard.ts';

/** Any picture file's bytes to pixels, upright and on white. */
type DecodePicture = (bytes: Uint8Array, options: DecodeOptions) => Promise<Picture>;

export interface DataSet {
  /** What to call it in messages: the path it was opened by. */
  readonly name: string;
  readonly samples: readonly Sample[];
  /** What was left out when it was listed. */
  readonly findings: readonly Finding[];
  /** SHA-256 of every id, size and caption: another one is another data set, and a run cannot go on with it. */
  readonly fingerprint: string;
  /**
   * The picture of a sample.
   *
   * @throws FormatError `E_IMAGE_KIND`, `E_IMAGE_CORRUPT`, `E_IMAGE_TOO_LARGE`, `E_IMAGE_UNSUPPORTED`, `E_FILE_*`
   */
  readPicture(sample: Sample): Promise<Picture>;
}

/** Samples and letters of captions that are kept: a few gigabytes, far beyond what is trained here. */
const MAX_SAMPLES = 8_000_000;
const MAX_CAPTION_LETTERS = 500_000_000;

/**
 * The data set of these files, in whatever order they come.
 *
 * @throws FormatError `E_DATA_EMPTY` where there is no picture, `E_DATA_LIMIT`; AbortedError `E_ABORTED`
 */
export async function listDataSet(
  name: string,
  files: readonly DataFile[],
  decode: DecodePicture,
  signal?: AbortSignal,
): Promise<DataSet> {
  const findings = new FindingCounts();
  // By code units: a locale would order them otherwise on another machine.
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const found = [
    ...(await listFolder(
      sorted.filter(({ path }) => !isShard(path)),
      findings,
      signal,
    )),
    ...(await listShards(
      sorted.filter(({ path }) => isShard(path)),
      findings,
      signal,
    )),
  ];
  if (found.length === 0) throw emptyError(name, sorted, findings.list());
  checkLimits(name, found);
  const samples = found.map((sample, index): Sample => ({ index, ...sample }));
  return {
    name,
    samples,
    findings: findings.list(),
    fingerprint: await hashBlocks(describeSamples(samples)),
    readPicture: async ({ file, offset, size, id }) => decode(await readRange(file, offset, size), { name: id }),
  };
}

/** Whether a file is a tar by its name; one that is none is told of. */
export function isShard(path: string): boolean {
  return /\.(tar|tar\.gz|tgz)$/i.test(path);
}

/** One shard after another. */
async function listShards(
  shards: readonly DataFile[],
  findings: FindingCounts,
  signal: AbortSignal | undefined,
): Promise<FoundSample[]> {
  const lists: FoundSample[][] = [];
  let room = MAX_UNPACKED_BYTES;
  for (const file of shards) {
    try {
      const shard = await openShard(file, room);
      if (shard)
        lists.push(await listShard(shard.file, shard.tar, findings, signal).finally(() => shard.tar.close?.()));
      else findings.add('packed-shard', file.path);
      room -= shard?.unpacked ?? 0;
    } catch (error) {
      if (!(error instanceof DalleError) || error.code === 'E_ABORTED') throw error;
      findings.add('not-read', file.path);
    }
  }
  return lists.flat();
}

function checkLimits(name: string, samples: readonly FoundSample[]): void {
  const letters = samples.reduce((sum, { captions }) => sum + captions.reduce((all, text) => all + text.length, 0), 0);
  if (samples.length <= MAX_SAMPLES && letters <= MAX_CAPTION_LETTERS) return;
  throw new FormatError(
    'E_DATA_LIMIT',
    `openDataSet: wanted at most ${MAX_SAMPLES} pictures and ${MAX_CAPTION_LETTERS} letters of captions, but ${name} ` +
      `has ${samples.length} and ${letters}. All of the list is kept in memory; train on a part of it.`,
  );
}

async function* describeSamples(samples: readonly Sample[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const { id, size, captions } of samples) yield encoder.encode(`${JSON.stringify([id, size, captions])}\n`);
}

function emptyError(name: string, files: readonly DataFile[], findings: readonly Finding[]): FormatError {
  const others = files.slice(0, 3).map(({ path }) => path);
  const seen =
    files.length === 0 ? 'nothing in it' : `no picture among its ${files.length} files (${others.join(', ')})`;
  const matters = findings.length === 0 ? '' : ` Found: ${findings.map(({ says }) => says).join('; ')}.`;
  return new FormatError(
    'E_DATA_EMPTY',
    `openDataSet: wanted PNG, JPEG or WebP pictures in ${name}, but there is ${seen}.${matters} Name a folder with ` +
      'pictures and a .txt beside each, one with captions.jsonl, or tar shards as WebDataset and img2dataset write them.',
  );
}
