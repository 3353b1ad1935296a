/**
 * Names of known models among what `convert` is given: what each stands for, the question before anything of it is
 * fetched, and whether there is room for it.
 */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { cacheFolder } from '../base/node/cache-folder.ts';
import { AbortedError, DalleError, FormatError, UsageError } from '../base/errors.ts';
import { findKnownNets } from '../load/known-nets.ts';
import { partOf } from '../nets/net-kinds.ts';
import { FAMILIES } from '../weights-convert/families/all-families.ts';
import { isReadable } from '../weights-convert/families/family.ts';
import {
  fileBytes,
  findKnownModel,
  outputBytes,
  type KnownFile,
  type KnownModel,
} from '../weights-convert/known-models/known-model.ts';
import { KNOWN_MODELS } from '../weights-convert/known-models/known-models.ts';
import { isCached } from '../weights-convert/node/download-cache.ts';
import type { WeightDtype } from '../weights-convert/safetensors/write-safetensors.ts';
import { formatBytes } from './columns.ts';
import { checkSpace, type WantedBytes } from './disk-space.ts';
import { parseSource } from './flags.ts';
import { findNearest } from './nearest.ts';
import { say, type Terminal } from './terminal.ts';

interface NamedSources {
  /** Paths and addresses, every name in its place. */
  readonly sources: readonly string[];
  /** The models that were called by name. */
  readonly models: readonly KnownModel[];
}

/**
 * What the words stand for. A file or folder of that name is meant before a model is.
 *
 * @throws FormatError `E_NET_UNSUPPORTED` for a model that is not read yet, `E_FILE_MISSING` for what looks like a name
 *   and is none; UsageError `E_DOWNLOAD_ADDRESS`, `E_USAGE` for two models of which each has its own of some part
 */
export function resolveNames(words: readonly string[]): NamedSources {
  const models: KnownModel[] = [];
  const sources = words.flatMap((word) => {
    const model = existsSync(word) ? undefined : findKnownModel(word, KNOWN_MODELS);
    if (!model) return [parseSource(checkName(word))];
    checkTaken(model);
    models.push(model);
    return model.files.map(({ url }) => new URL(url).href);
  });
  checkTogether(models);
  return { sources, models };
}

/** Two of one part would be refused when all of both is downloaded. */
function checkTogether(models: readonly KnownModel[]): void {
  const owners = new Map<string, string>();
  for (const { name, language } of models) {
    const nets = findKnownNets(name)?.map(({ architecture }) => partOf(architecture)) ?? [];
    // What reads texts brings its words.
    const parts = [`${name} itself`, ...nets, ...(language === undefined ? [] : ['tokenizer'])];
    for (const part of parts) {
      const other = owners.get(part);
      if (other === undefined) owners.set(part, name);
      else throw clashError(name, other, part);
    }
  }
}

function clashError(name: string, other: string, part: string): UsageError {
  const clash = name === other ? `${name} was named twice` : `${other} and ${name} both have their own ${part}`;
  return new UsageError(
    'E_USAGE',
    `convert: ${clash}, and a model folder has one of each part. Nothing was downloaded. Convert one of them, or each into ` +
      'a folder of its own.',
  );
}

/** A slip in a name, told before the other files are looked at. */
function checkName(word: string): string {
  if (!/^[a-z0-9-]+$/.test(word) || existsSync(word)) return word;
  const names = KNOWN_MODELS.map(({ name }) => name);
  const nearest = findNearest(word, names);
  if (nearest === undefined) return word;
  throw new FormatError(
    'E_FILE_MISSING',
    `convert: there is no file ${word}, and no known model of that name. Did you mean ${nearest}? dalle-gl models ` +
      'lists the known ones.',
  );
}

function checkTaken(model: KnownModel): void {
  if (isReadable(model, FAMILIES)) return;
  throw new FormatError(
    'E_NET_UNSUPPORTED',
    `convert: ${model.name} is ${model.what}. This version of dalle-gl does not read its checkpoints, so nothing was ` +
      'downloaded.',
  );
}

type Known = Pick<KnownFile, 'bytes' | 'sha256' | 'md5'>;

/** What the conversion goes on with. */
interface Agreed {
  readonly licence: string;
  /** What is known of the downloads, by address. */
  readonly expected: ReadonlyMap<string, Known>;
}

interface OfferOptions {
  readonly out: string;
  readonly dtype: WeightDtype | undefined;
  readonly yes: boolean;
  readonly quiet: boolean;
  /** Whether anything is written to `out`. */
  readonly writes: boolean;
}

/**
 * Says what would be downloaded and whose it is, looks for room, and asks.
 *
 * @throws UsageError `E_CONFIRM` where nobody can be asked and `--yes` was not given; DalleError `E_DISK_FULL`,
 *   `E_DECLINED`; AbortedError `E_ABORTED`
 */
export async function agreeOn(
  models: readonly KnownModel[],
  options: OfferOptions,
  terminal: Terminal,
): Promise<Agreed> {
  const cache = cacheFolder();
  const wanted = await countBytes(models, cache, options);
  if (!options.quiet || !options.yes)
    say(terminal, ...models.flatMap(describeModel), describeWanted(wanted, cache, options));
  await checkSpace(wanted, cache, options.out);
  if (!options.yes) await askToGoOn(models, terminal);
  return {
    licence: [...new Set(models.map(({ licence }) => licence))].join('; '),
    expected: new Map(models.flatMap(({ files }) => files.map((file) => [new URL(file.url).href, pickKnown(file)]))),
  };
}

function pickKnown({ bytes, sha256, md5 }: KnownFile): Known {
  return { ...(bytes !== undefined && { bytes }), ...(sha256 !== undefined && { sha256 }), ...(md5 && { md5 }) };
}

/** A model and its files, a line each. */
export function describeModel({ name, what, language, licence, files }: KnownModel): string[] {
  return [
    `${name}: ${what}${language === undefined ? '' : ` in ${language}`}`,
    ...files.map((file) => `  ${file.url} (${describeFile(file)})`),
    `  licence: ${licence}`,
  ];
}

function describeFile({ bytes, about, sha256 }: KnownFile): string {
  const size =
    bytes !== undefined ? `${bytes} bytes` : about !== undefined ? `about ${formatBytes(about)}` : 'length not known';
  return `${size}, SHA-256 ${sha256 ?? 'not known'}`;
}

/** What of the cache is downloaded; the rest is unpacked there for a while. */
type Wanted = WantedBytes & { readonly download: number };

async function countBytes(
  models: readonly KnownModel[],
  cache: string,
  { dtype, writes }: OfferOptions,
): Promise<Wanted> {
  let [bytes, unpacked] = [0, 0];
  for (const file of models.flatMap(({ files }) => files)) {
    if (!(await isCached(cache, new URL(file.url)))) bytes += fileBytes(file);
    unpacked += file.unpacked ?? 0;
  }
  return {
    download: bytes,
    cache: bytes + unpacked,
    out: writes ? models.reduce((sum, model) => sum + outputBytes(model, dtype), 0) : 0,
  };
}

function describeWanted(wanted: Wanted, cache: string, { out, writes }: OfferOptions): string {
  const coming =
    wanted.download > 0 ? `About ${formatBytes(wanted.download)} to download into ${cache}` : 'Downloaded already';
  const unpacked = wanted.cache - wanted.download;
  const meanwhile = unpacked > 0 ? `; about ${formatBytes(unpacked)} to unpack there for the while` : '';
  const written = writes ? `about ${formatBytes(wanted.out)} to write into ${out}` : 'nothing is written';
  return `${coming}${meanwhile}; ${written}.`;
}

/** Only a person at a terminal can answer, and no answer is none. */
async function askToGoOn(models: readonly KnownModel[], terminal: Terminal): Promise<void> {
  const { stdin, stderr, signal } = terminal;
  const names = models.map(({ name }) => name).join(' and ');
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new UsageError(
      'E_CONFIRM',
      `convert: ${names} would be downloaded from the addresses above, under the licence above, and there is no terminal ` +
        'to ask on. Add --yes if that is what you want.',
    );
  }
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    const closed = new Promise<string>((settle) => lines.once('close', () => settle('')));
    const answer = await Promise.race([lines.question(`Download ${names}? [y/N] `, { signal }), closed]);
    if (/^\s*y(?:es)?\s*$/i.test(answer)) return;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new AbortedError('E_ABORTED', 'convert: interrupted at the question; nothing was downloaded.');
  } finally {
    lines.close();
  }
  throw new DalleError('E_DECLINED', `convert: ${names} was not downloaded, as the answer was not yes.`);
}
