/**
 * The samples among the files of a folder: each picture, with the captions of `captions.jsonl` in its folder or one
 * above, else of the `.txt`, else of the `.json` beside it.
 *
 * Pure: runs in Node and in the browser.
 */
import { readBlocks } from '../../weights-convert/byte-source.ts';
import { baseName, MAX_PICTURE_BYTES, readWhole, resolvePath, type DataFile } from './data-file.ts';
import type { FindingCounts } from './findings.ts';
import { pause } from './pause.ts';
import { MAX_CAPTION_BYTES, readCaptionLine, readCaptionLines, readJsonCaptions } from './read-captions.ts';
import { isOtherPictureKind, isPictureKind, type FoundSample } from './sample.ts';

/** Files of captions that are open at once. */
const AT_ONCE = 16;

/** In the order of `files`. `findings` learns what is left out. */
export async function listFolder(
  files: readonly DataFile[],
  findings: FindingCounts,
  signal: AbortSignal | undefined,
): Promise<FoundSample[]> {
  const byKind = groupByKind(files, findings);
  const listed = await readCaptionTables(byKind.tables, files, findings);
  const samples = new Array<FoundSample>(byKind.pictures.length);
  const unread: (readonly string[])[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < samples.length; at = next++) {
      if (at % 1000 === 999) await pause('openDataSet', signal);
      const file = byKind.pictures[at]!;
      const beside = listed.has(keyOf(file.path)) ? undefined : await readBeside(file.path, byKind.texts);
      const captions = beside?.captions ?? listed.get(keyOf(file.path))!;
      samples[at] = { id: file.path, captions, file, offset: 0, size: file.size };
      unread[at] = beside?.unread ?? [];
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const path of unread.flat()) findings.add('bad-captions', path);
  const stems = new Set(byKind.pictures.map(({ path }) => stemOf(path)));
  for (const [key, { path }] of byKind.texts) {
    // A `.json` may be anything; a text beside pictures is meant as a caption only where some picture has one.
    if (key.endsWith('.txt') && !stems.has(key.slice(0, -4)) && stems.size > 0) findings.add('caption-alone', path);
  }
  return samples;
}

interface FilesByKind {
  readonly pictures: readonly DataFile[];
  /** `.txt` and `.json`, by the key of their path in lower case of the extension. */
  readonly texts: ReadonlyMap<string, DataFile>;
  readonly tables: readonly DataFile[];
}

function groupByKind(files: readonly DataFile[], findings: FindingCounts): FilesByKind {
  const pictures: DataFile[] = [];
  const texts = new Map<string, DataFile>();
  const tables: DataFile[] = [];
  for (const file of files) {
    const { path, size } = file;
    const extension = extensionOf(path);
    if (baseName(path) === 'captions.jsonl') tables.push(file);
    else if (extension === 'txt' || extension === 'json') texts.set(`${stemOf(path)}.${extension}`, file);
    else if (isOtherPictureKind(extension)) findings.add('other-kind', path);
    else if (isPictureKind(extension) && size > MAX_PICTURE_BYTES) findings.add('too-large', path);
    else if (isPictureKind(extension)) pictures.push(file);
  }
  return { pictures, texts, tables };
}

interface BesideCaptions {
  readonly captions: readonly string[];
  /** Files of captions that could not be read. */
  readonly unread: readonly string[];
}

/** Captions of the `.txt` of that name, or else of the `.json`. */
async function readBeside(path: string, texts: ReadonlyMap<string, DataFile>): Promise<BesideCaptions> {
  const unread: string[] = [];
  for (const [extension, read] of [
    ['txt', readCaptionLines],
    ['json', readJsonCaptions],
  ] as const) {
    const file = texts.get(`${stemOf(path)}.${extension}`);
    if (!file) continue;
    try {
      return { captions: read(await readWhole(file, MAX_CAPTION_BYTES)), unread };
    } catch {
      unread.push(file.path);
    }
  }
  return { captions: [], unread };
}

/** Captions by the key of the picture's path. */
async function readCaptionTables(
  tables: readonly DataFile[],
  files: readonly DataFile[],
  findings: FindingCounts,
): Promise<Map<string, readonly string[]>> {
  const present = new Set(files.map(({ path }) => keyOf(path)));
  const listed = new Map<string, readonly string[]>();
  for (const table of tables) {
    let number = 0;
    for await (const line of readLines(table)) {
      number += 1;
      if (line !== undefined && line.trim() === '') continue;
      const entry = line === undefined ? undefined : readCaptionLine(line);
      const path = entry && resolvePath(table.path, entry.file);
      const name = `${table.path}:${number}`;
      if (!entry) findings.add('bad-line', name);
      else if (path === undefined) findings.add('outside', name);
      else if (!present.has(keyOf(path))) findings.add('not-there', `${name} (${entry.file})`);
      else listed.set(keyOf(path), [...(listed.get(keyOf(path)) ?? []), ...entry.captions]);
    }
  }
  return listed;
}

/** The lines of a file, whatever its size; undefined for one that is too long or not UTF-8. */
async function* readLines(file: DataFile): AsyncGenerator<string | undefined> {
  const source = await file.open();
  try {
    let rest = new Uint8Array();
    let isLost = false;
    for await (const block of readBlocks(source, 0, source.size)) {
      let from = 0;
      for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10, from)) {
        yield isLost ? undefined : decodeLine(join(rest, block.subarray(from, end)));
        [rest, isLost, from] = [new Uint8Array(), false, end + 1];
      }
      isLost ||= rest.length + block.length - from > MAX_CAPTION_BYTES;
      rest = isLost ? new Uint8Array() : join(rest, block.subarray(from));
    }
    if (isLost || rest.length > 0) yield isLost ? undefined : decodeLine(rest);
  } finally {
    await source.close?.();
  }
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

function decodeLine(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** macOS writes "é" as two letters, others as one: the same name all the same. */
function keyOf(path: string): string {
  return path.normalize('NFC');
}

function extensionOf(path: string): string {
  return /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
}

/** The key of a path without its last extension. */
function stemOf(path: string): string {
  return keyOf(path).replace(/\.[^./]+$/, '');
}
