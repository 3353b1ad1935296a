/**
 * What OpenAI's dVAE is made of: the architecture of an encoder or decoder as plain numbers, as the released `dall_e`
 * package names them. Whoever states one, a file or a caller, its numbers are checked and bounded here.
 */
import { FormatError } from '../../base/errors.ts';

/** The sizes of an encoder. */
export interface EncoderArchitecture {
  readonly kind: 'dvae-encoder';
  /** Channels of the first group; groups 2 to 4 have 2, 4 and 8 times as many. A multiple of 4. */
  readonly n_hid: number;
  readonly n_blk_per_group: number;
  readonly input_channels: number;
  readonly vocab_size: number;
  readonly group_count: number;
}

/** The sizes of a decoder. */
export interface DecoderArchitecture {
  readonly kind: 'dvae-decoder';
  /** Channels behind the first convolution, where a token is a row of a table. */
  readonly n_init: number;
  /** Channels of the last group; groups 1 to 3 have 8, 4 and 2 times as many. A multiple of 4. */
  readonly n_hid: number;
  readonly n_blk_per_group: number;
  /** Channels of the picture; the net emits twice as many maps (location, and logarithm of the scale). */
  readonly output_channels: number;
  readonly vocab_size: number;
  readonly group_count: number;
}

/** The sizes of either half of a discrete VAE. */
export type DvaeArchitecture = EncoderArchitecture | DecoderArchitecture;

/** The sizes OpenAI released: 74 tensors, 53,786,240 numbers. */
export const OFFICIAL_ENCODER: EncoderArchitecture = {
  kind: 'dvae-encoder',
  n_hid: 256,
  n_blk_per_group: 2,
  input_channels: 3,
  vocab_size: 8192,
  group_count: 4,
};

/** The sizes OpenAI released: 76 tensors, 43,829,766 numbers. */
export const OFFICIAL_DECODER: DecoderArchitecture = {
  kind: 'dvae-decoder',
  n_init: 128,
  n_hid: 256,
  n_blk_per_group: 2,
  output_channels: 3,
  vocab_size: 8192,
  group_count: 4,
};

/** Bounds on what a file may claim about its sizes: generous, and small enough to build the expected list from. */
export const MAX_SIZE: number = 2 ** 20;
export const MAX_BLOCKS: number = 64;
/** Fixed by OpenAI's classes. */
export const GROUP_COUNT: number = 4;

/**
 * The architecture that named sizes state: attributes of a pickled `dall_e` module, or fields of `model.json`.
 *
 * @throws FormatError `E_ARCHITECTURE` for a size that is missing or out of range
 */
export function readSizes(kind: DvaeArchitecture['kind'], attributes: ReadonlyMap<string, unknown>): DvaeArchitecture {
  const size = (name: string, limit: number = MAX_SIZE): number => checkSize(name, attributes.get(name), limit);
  const common = { n_hid: checkHidden(size('n_hid')), n_blk_per_group: size('n_blk_per_group', MAX_BLOCKS) };
  const rest = { vocab_size: size('vocab_size'), group_count: GROUP_COUNT };
  return kind === 'dvae-encoder'
    ? { kind: 'dvae-encoder', ...common, input_channels: size('input_channels'), ...rest }
    : { kind: 'dvae-decoder', n_init: size('n_init'), ...common, output_channels: size('output_channels'), ...rest };
}

/** An error about attributes or modules that are not the official nets'. */
export function architectureError(what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `readArchitecture: ${what}. dalle-gl computes OpenAI's nets as released, of any size; a modified one would give ` +
      `wrong pictures without a word.`,
  );
}

/** @throws FormatError `E_ARCHITECTURE` unless `value` is an integer from 1 to `limit` */
export function checkSize(name: string, value: unknown, limit: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= limit) return value;
  const got = typeof value === 'object' && value !== null ? 'no number' : String(value).slice(0, 40);
  throw architectureError(`${name} should be an integer from 1 to ${limit}, and is ${got}`);
}

/** Blocks have a quarter of their channels inside. */
export function checkHidden(hidden: number): number {
  if (hidden % 4 === 0) return hidden;
  throw architectureError(`n_hid should be a multiple of 4, and is ${hidden}`);
}
