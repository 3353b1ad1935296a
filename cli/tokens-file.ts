/**
 * Tokens as files: NumPy's .npy (int32 written; whole numbers of every type read) or nested JSON lists.
 * Shapes: [h, w], or [n, h, w] for several grids.
 */
import { FormatError } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';
import { MAX_PIXELS } from '../images/picture.ts';
import { SMALLEST_PATCH } from '../nets/picture-coder.ts';
import { readSource } from '../images/node/read.ts';
import type { TokenGrid } from '../node.ts';
import { readNpy, writeNpy } from '../weights-convert/numpy/npy.ts';
import type { Terminal } from './terminal.ts';

/** Tokens of the largest picture take a hundredth of this. */
const maxBytes = 64_000_000;
/** Pixels. No picture that is read is longer. */
const maxSide = 65_535;

export interface TokenCount {
  readonly shape: readonly number[];
  readonly count: number;
  readonly distinct: number;
}

/** How many tokens there are, and how many different ones. */
export function countTokens({ data, shape }: TokenGrid): TokenCount {
  return { shape: trimBatch(shape), count: data.length, distinct: new Set(data).size };
}

/** A single grid is written as [h, w]. */
function trimBatch(shape: TokenGrid['shape']): readonly number[] {
  return shape[0] === 1 ? shape.slice(1) : shape;
}

/** The grids one after another. They must be of one size. */
export function joinGrids(grids: readonly TokenGrid[]): TokenGrid {
  const [, height, width] = grids[0]!.shape;
  const data = new Int32Array(grids.length * height * width);
  grids.forEach((grid, index) => data.set(grid.data, index * height * width));
  return { data, shape: [grids.length, height, width] };
}

/** The bytes of a tokens file whose name ends so: nested lists for `.json`, else .npy. */
export function formatTokens({ data, shape }: TokenGrid, extension: string): Uint8Array {
  const trimmed = trimBatch(shape);
  if (extension !== '.json') return writeNpy({ dtype: 'int32', shape: trimmed, data });
  return new TextEncoder().encode(`${JSON.stringify(nest([...data], trimmed))}\n`);
}

function nest(values: readonly number[], [length, ...rest]: readonly number[]): unknown {
  if (rest.length === 0) return values;
  const size = values.length / length!;
  return Array.from({ length: length! }, (_, i) => nest(values.slice(i * size, (i + 1) * size), rest));
}

/**
 * Reads tokens from a path, an address or `-`; [h, w] becomes [1, h, w].
 *
 * @throws FormatError `E_TOKENS` for what is no grid of whole numbers, `E_IMAGE_TOO_LARGE`; as readSource and readNpy
 */
export async function readTokens(input: string, { signal, stdin }: Terminal): Promise<TokenGrid> {
  const bytes = await readSource(input, { signal, stdin, maxBytes });
  const name = input === '-' ? 'standard input' : input;
  // No JSON begins with this byte, and every .npy does.
  const { values, shape } = bytes[0] === 0x93 ? readNumpyTokens(bytes, name) : readJsonTokens(bytes, name);
  if ((shape.length !== 2 && shape.length !== 3) || values.length === 0) {
    throw tokensError(name, `its shape is [${shape.join(', ')}]`);
  }
  checkArea(shape, name);
  const data = Int32Array.from(values, Number);
  const bad = data.findIndex((token, index) => token !== Number(values[index]));
  if (bad >= 0) throw tokensError(name, `number ${bad} in it is ${String(values[bad])}`);
  return { data, shape: [shape.at(-3) ?? 1, shape.at(-2)!, shape.at(-1)!] };
}

/**
 * Refuses (`E_IMAGE_TOO_LARGE`) what makes more than the largest picture with any coder, before it is gone through and
 * a model is opened; where tokens are larger, the coder refuses more.
 */
function checkArea(shape: readonly number[], name: string): void {
  const count = shape.reduce((product, size) => product * size, 1);
  const [height, width] = shape.slice(-2).map((size) => size * SMALLEST_PATCH) as [number, number];
  const pixels = count * SMALLEST_PATCH ** 2;
  if (pixels <= MAX_PIXELS && Math.max(height, width) <= maxSide) return;
  throw new FormatError(
    'E_IMAGE_TOO_LARGE',
    `decode: ${name} holds ${count} tokens, which make ${pixels / 1e6} megapixels of ${width} × ${height}; at most ` +
      `${MAX_PIXELS / 1e6} are drawn, and ${maxSide} pixels a side. Decode it in parts.`,
  );
}

interface RawTokens {
  readonly values: ArrayLike<number | bigint>;
  readonly shape: readonly number[];
}

function readNumpyTokens(bytes: Uint8Array, name: string): RawTokens {
  const { dtype, shape, data } = readNpy(bytes, name);
  if (/^u?int/.test(dtype)) return { values: data, shape };
  throw tokensError(name, `it holds ${dtype}`);
}

function readJsonTokens(bytes: Uint8Array, name: string): RawTokens {
  let lists: unknown;
  try {
    lists = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw tokensError(name, cause instanceof RangeError ? cause.message : 'it is neither an .npy file nor JSON');
  }
  const shape: number[] = [];
  for (let level = lists; Array.isArray(level) && shape.length < 4; level = level[0]) shape.push(level.length);
  const values: number[] = [];
  collect(lists, shape, values, name);
  return { values, shape };
}

function collect(level: unknown, [length, ...rest]: readonly number[], values: number[], name: string): void {
  if (length === undefined) {
    if (typeof level !== 'number') throw tokensError(name, `it holds ${JSON.stringify(level).slice(0, 40)}`);
    values.push(level);
  } else if (Array.isArray(level) && level.length === length) {
    for (const item of level) collect(item, rest, values, name);
  } else {
    throw tokensError(name, 'its rows are not all of one length');
  }
}

function tokensError(name: string, what: string): FormatError {
  return new FormatError(
    'E_TOKENS',
    `readTokens: wanted whole numbers in the shape [h, w] or [n, h, w], as .npy or nested JSON lists, ` +
      `but in ${name} ${what}. Write it with dalle-gl encode, or with numpy.save of an int32 array.`,
  );
}
