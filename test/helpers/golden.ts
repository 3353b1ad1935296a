/**
 * Opens a folder of test/golden: the record of how it was made, and its arrays, each file's SHA-256 checked first so
 * that no test ever compares against a file that was edited, truncated, or made by half.
 *
 * Shapes: pixels [B, 3, H, W], logits and soft [B, V, H/8, W/8], tokens [B, H/8, W/8], decoded [B, 6, H, W];
 * in the picture folders B is left out. test/golden/README.md lists the files.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readNpy, type NpyArray } from '../../weights-convert/numpy/npy.ts';

/** How far PyTorch's float32 is from its float64, and the float64 values' range. Ours may be 16 times as far. */
export interface GoldenError {
  readonly maxError: number;
  readonly min: number;
  readonly max: number;
  readonly rms: number;
}

interface GoldenArchitecture {
  readonly n_hid: number;
  readonly n_blk_per_group: number;
  readonly n_init: number;
  readonly vocab_size: number;
}

/** Identifies weights by value: SHA-256 of all tensors in state-dict order, C order, little-endian float32. */
interface GoldenWeights {
  readonly tensors: number;
  readonly parameters: number;
  readonly sha256: string;
}

/** What every golden.json says. */
export interface GoldenProvenance {
  readonly command: string;
  readonly sha256: Readonly<Record<string, string>>;
}

/** What every golden.json of a dVAE says. */
interface GoldenRecord extends GoldenProvenance {
  readonly architecture: GoldenArchitecture;
  readonly weights: { readonly encoder: GoldenWeights; readonly decoder: GoldenWeights };
}

/** One input, whose files are called `<name>.<key>.npy`. */
interface GoldenCase {
  readonly name: string;
  readonly shape: readonly [batch: number, channels: number, height: number, width: number];
  readonly distinctTokens: number;
  /** Smallest difference of the two best float64 logits of a position. */
  readonly smallestGap: number;
  readonly errors: { readonly logits: GoldenError; readonly decoded: GoldenError };
}

/** `hidden-4`, `hidden-8`, `hidden-12`: random weights, every intermediate result. */
export interface NetRecord extends GoldenRecord {
  readonly checkpoints: readonly {
    readonly container: 'zip' | 'legacy';
    readonly layout: 'contiguous' | 'channels-last' | 'one-storage';
    readonly encoder: string;
    readonly decoder: string;
  }[];
  readonly cases: readonly (GoldenCase & {
    /** Whether the case has `soft` and `softDecoded` too. */
    readonly soft: boolean;
    readonly errors: { readonly softDecoded?: GoldenError };
  })[];
}

/** `emoji-dvae`: trained weights, three pictures. */
interface PictureRecord extends GoldenRecord {
  readonly checkpointSha256: { readonly encoder: string; readonly decoder: string };
  readonly cases: readonly (GoldenCase & {
    readonly errors: { readonly logitsCorner: GoldenError; readonly decodedGiven?: GoldenError };
  })[];
}

/** `official-size`: the generated weights of the full size, one photograph. */
interface OfficialSizeRecord extends GoldenRecord {
  /** `file` is relative to the golden's folder. */
  readonly input: { readonly file: string; readonly sha256: string };
  readonly encoder: { readonly errors: GoldenError; readonly distinctTokens: number; readonly smallestGap: number };
  readonly decoder: { readonly errors: GoldenError };
}

/** One picture, or several, through a small VQGAN; `detokenised` where min-dalle's names have a file too. */
export interface VqganCase {
  readonly name: string;
  readonly shape: readonly [batch: number, channels: number, height: number, width: number];
  readonly quantiser: 'vector' | 'gumbel';
  readonly size: Readonly<Record<'ch' | 'num_res_blocks' | 'resolution' | 'z' | 'e' | 'n', number>> &
    Readonly<Record<'ch_mult' | 'attn_resolutions', readonly number[]>>;
  readonly files: { readonly checkpoint: string; readonly detokeniser?: string };
  readonly weights: GoldenWeights;
  readonly errors: Readonly<Record<'latents' | 'scores' | 'decoded', GoldenError>> & {
    readonly detokenised?: GoldenError;
  };
}

/** `vqgan`: small VQGANs of taming's own classes, and of min-dalle's names. */
interface VqganRecord extends GoldenProvenance {
  readonly cases: readonly VqganCase[];
}

export interface Golden<R extends GoldenProvenance> {
  readonly record: R;
  /** Absolute path of a file of the folder. */
  path(file: string): string;
  /** An array of the folder: `array('1x32x32.logits.f64')` reads `1x32x32.logits.f64.npy`. */
  array(name: string): GoldenArray;
}

/** No golden holds 64-bit integers, whose elements are no numbers. */
type GoldenArray = Exclude<NpyArray, { readonly dtype: 'int64' | 'uint64' }>;

const GOLDENS = fileURLToPath(new URL('../golden', import.meta.url));

export function loadNetGolden(name: 'hidden-4' | 'hidden-8' | 'hidden-12'): Golden<NetRecord> {
  return loadGolden(join(GOLDENS, name));
}

export function loadPictureGolden(): Golden<PictureRecord> {
  return loadGolden(join(GOLDENS, 'emoji-dvae'));
}

export function loadOfficialSizeGolden(): Golden<OfficialSizeRecord> {
  return loadGolden(join(GOLDENS, 'official-size'));
}

export function loadVqganGolden(): Golden<VqganRecord> {
  return loadGolden(join(GOLDENS, 'vqgan'));
}

/**
 * Opens any golden folder.
 *
 * @param folder absolute path
 * @throws Error naming the file and the command that remakes it, when a file is missing or its hash is another
 */
export function loadGolden<R extends GoldenProvenance>(folder: string): Golden<R> {
  const record = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as R;
  for (const [file, sha256] of Object.entries(record.sha256)) checkFile(join(folder, file), sha256, record.command);
  const path = (file: string): string => join(folder, file);
  return { record, path, array: (name) => readArray(path(`${name}.npy`)) };
}

function readArray(path: string): GoldenArray {
  const array = readNpy(readFileSync(path), path);
  if (array.dtype === 'int64' || array.dtype === 'uint64') {
    throw new Error(`Golden ${path} holds ${array.dtype}; write its tokens as int32.`);
  }
  return array;
}

function checkFile(path: string, sha256: string, command: string): void {
  const found = hashFile(path);
  if (found === sha256) return;
  const problem = found === undefined ? 'is missing' : `has SHA-256 ${found}, golden.json says ${sha256}`;
  throw new Error(`Golden ${path} ${problem}. Restore it with git, or remake the folder: ${command}`);
}

function hashFile(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}
