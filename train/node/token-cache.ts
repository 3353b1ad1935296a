/**
 * The tokens of a data set's pictures, made once by a dVAE and kept in a file: the second stage sees no pixels. Its
 * name says of which net, data set and size it is, and what is in it, `tokens-<key>-<checksum>.npy`, so that a file of
 * something else, or a damaged one, is none. NumPy reads it: whole numbers [samples, rows, columns], the largest where
 * a picture could not be read.
 */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { argumentError, checkFunction, checkObject } from '../../base/check-argument.ts';
import { crc32 } from '../../base/crc32.ts';
import { FormatError } from '../../base/errors.ts';
import { explainFileError } from '../../base/node/file-error.ts';
import { checkPath } from '../../base/node/open-file.ts';
import { writeFileAtomically } from '../../base/node/write-file.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import { toPixels } from '../../images/tensor.ts';
import { readNpy, writeNpy } from '../../weights-convert/numpy/npy.ts';
import { showPicture } from '../data/crop.ts';
import type { DataSet } from '../data/data-set.ts';
import { FindingCounts, type Finding } from '../data/findings.ts';
import { judgeFailure } from '../data/look.ts';

/** What makes tokens, and of what. */
export interface TokenCacheOptions {
  /** Where the file is, or will be. */
  readonly folder: string;
  readonly data: DataSet;
  /** Pixels along each side; of each picture the middle square is taken. */
  readonly size: number;
  /** A hash of the net that makes the tokens. */
  readonly model: string;
  /** Rows and columns of a picture's tokens. */
  readonly grid: readonly [number, number];
  /** Tokens are below it. */
  readonly vocabulary: number;
  /** Pictures that are given to the net at once. */
  readonly batch: number;
  /** Pixels [B, 3, S, S], each in 0…1 → tokens [B, rows · columns]. */
  readonly encode: (pixels: Float32Array, signal?: AbortSignal) => Promise<ArrayLike<number>>;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Tokens of every sample whose picture could be read. */
export interface TokenCache {
  readonly path: string;
  /** Whether the file was there. */
  readonly found: boolean;
  /** Pictures that could not be read, if they were read now. */
  readonly findings: readonly Finding[];
  /** Indices of the samples that have tokens. */
  readonly samples: Int32Array;
  /** Tokens of these samples one after another, [B, rows · columns]. */
  tokensOf(indices: ArrayLike<number>): Int32Array;
}

/** What stands for a token of a picture that could not be read. */
const NONE = 65_535;

/**
 * Opens the file, or makes it; a run that is stopped leaves none.
 *
 * @throws FormatError `E_DATA_BROKEN` where no picture could be read, `E_FILE_*`, `E_DISK_FULL`; AbortedError
 *   `E_ABORTED`
 */
export async function openTokenCache(options: TokenCacheOptions): Promise<TokenCache> {
  checkCacheOptions(options);
  const { folder } = options;
  const key = keyOf(options);
  const kept = await findTokens(options, key);
  if (kept) return wrapTokens(options, { ...kept, found: true, findings: [] });
  const { tokens, findings } = await makeTokens(options);
  const { data, grid } = options;
  const bytes = writeNpy({ dtype: 'uint16', shape: [data.samples.length, ...grid], data: tokens });
  const path = join(folder, `tokens-${key}-${checksum(bytes)}.npy`);
  await writeFileAtomically(path, [bytes]);
  return wrapTokens(options, { path, tokens, found: false, findings });
}

function keyOf({ data, size, model, grid, vocabulary }: TokenCacheOptions): string {
  const facts = JSON.stringify([data.fingerprint, size, model, grid, vocabulary]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}

function checksum(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

/** Undefined where there is no whole file of this key. */
async function findTokens(
  { folder, data, grid, vocabulary }: TokenCacheOptions,
  key: string,
): Promise<{ path: string; tokens: Uint16Array } | undefined> {
  for (const name of (await listNames(folder)).sort()) {
    const said = new RegExp(`^tokens-${key}-([0-9a-f]{8})\\.npy$`).exec(name)?.[1];
    if (said === undefined) continue;
    const path = join(folder, name);
    const bytes = await readFile(path).catch((error: unknown) => {
      throw explainFileError('openTokenCache', 'read', path, error);
    });
    if (checksum(bytes) !== said) continue;
    const { dtype, shape, data: tokens } = readNpy(bytes, path);
    const isOurs = dtype === 'uint16' && String(shape) === String([data.samples.length, ...grid]);
    if (isOurs && tokens.every((token) => token < vocabulary || token === NONE)) return { path, tokens };
  }
  return undefined;
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw explainFileError('openTokenCache', 'read', folder, error);
  }
}

async function makeTokens(options: TokenCacheOptions): Promise<{ tokens: Uint16Array; findings: Finding[] }> {
  const { data, grid, size, batch, vocabulary, encode, onProgress, signal } = options;
  const [length, cells] = [3 * size * size, grid[0] * grid[1]];
  const findings = new FindingCounts();
  const tokens = new Uint16Array(data.samples.length * cells).fill(NONE);
  for (let start = 0; start < data.samples.length; start += batch) {
    // The last batch is filled up, so that one plan serves all.
    const pixels = new Float32Array(batch * length);
    const read: number[] = [];
    for (const { index } of data.samples.slice(start, start + batch)) {
      const shown = await unlessAborted(readPixels(options, index, findings), signal);
      if (!shown) continue;
      pixels.set(shown, read.length * length);
      read.push(index);
    }
    const made = read.length > 0 ? await unlessAborted(encode(pixels, signal), signal) : [];
    for (const [at, index] of read.entries()) {
      for (let cell = 0; cell < cells; cell++) {
        const token = made[at * cells + cell]!;
        if (!(token >= 0 && token < vocabulary))
          throw argumentError('openTokenCache', `tokens below ${vocabulary}`, token);
        tokens[index * cells + cell] = token;
      }
    }
    onProgress?.(Math.min(start + batch, data.samples.length), data.samples.length);
  }
  return { tokens, findings: findings.list() };
}

/** Undefined where the picture cannot be read, which is counted. */
async function readPixels(
  { data, size }: TokenCacheOptions,
  index: number,
  findings: FindingCounts,
): Promise<Float32Array | undefined> {
  const sample = data.samples[index]!;
  try {
    const showing = { size, crop: 'centre', isMirrored: false } as const;
    return toPixels(showPicture(await data.readPicture(sample), showing, { seed: 0, epoch: 0 }, index));
  } catch (error) {
    findings.add(judgeFailure(error), sample.id);
    return undefined;
  }
}

function wrapTokens(
  { data, grid }: TokenCacheOptions,
  { tokens, ...rest }: Pick<TokenCache, 'path' | 'found' | 'findings'> & { readonly tokens: Uint16Array },
): TokenCache {
  const cells = grid[0] * grid[1];
  const samples = Int32Array.from(data.samples.keys()).filter((index) => tokens[index * cells] !== NONE);
  if (samples.length === 0) throw brokenError(data.name, rest.findings);
  return {
    ...rest,
    samples,
    tokensOf(indices) {
      const result = new Int32Array(indices.length * cells);
      for (let at = 0; at < indices.length; at++) {
        const index = indices[at]!;
        const own = tokens.subarray(index * cells, (index + 1) * cells);
        if (own.length < cells || own[0] === NONE) throw argumentError('tokensOf', 'samples that have tokens', index);
        result.set(own, at * cells);
      }
      return result;
    },
  };
}

function checkCacheOptions(options: TokenCacheOptions): void {
  checkObject('openTokenCache', 'options', options);
  const { folder, data, size, grid, vocabulary, batch, encode } = options;
  checkPath('openTokenCache', folder);
  checkObject('openTokenCache', 'data', data);
  checkFunction('openTokenCache', 'encode', encode);
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
  if (![size, batch, ...grid].every(isCount))
    throw argumentError('openTokenCache', 'size, batch and grid, whole numbers from 1', [size, batch, ...grid]);
  if (!isCount(vocabulary) || vocabulary > NONE)
    throw argumentError('openTokenCache', `vocabulary, a whole number from 1 to ${NONE}`, vocabulary);
}

function brokenError(name: string, findings: readonly Finding[]): FormatError {
  return new FormatError(
    'E_DATA_BROKEN',
    `openTokenCache: wanted pictures from ${name}, but none of them could be read. Found: ` +
      `${findings.map(({ says }) => says).join('; ') || 'nothing new'}. Look at the folder with other programs.`,
  );
}
