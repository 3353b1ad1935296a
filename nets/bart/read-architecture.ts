/** BART's architectures from named values, the fields of `model.json`: each checked and bounded. */
import {
  MAX_DIM,
  MAX_HEADS,
  readFlag,
  readSize,
  refuseUnknown,
  transformerError,
  type Fields,
} from '../transformer/read-architecture.ts';
import type { BartArchitecture, BartDecoderArchitecture, BartEncoderArchitecture } from './architecture.ts';

const MAX_DEPTH = 1024;
const MAX_VOCABULARY = 2 ** 20;
const MAX_POSITIONS = 2 ** 16;
const MAX_SIDE = 256;

const COMMON_FIELDS: readonly string[] = ['kind', 'dim', 'depth', 'heads', 'glu_size', 'norm_weights'];

/**
 * The encoder that fields state, each of which must be there; none may be unknown.
 *
 * @throws FormatError `E_ARCHITECTURE`, naming the first field that is missing, unknown or out of range
 */
export function readBartEncoder(fields: Fields): BartEncoderArchitecture {
  const ids = ['text_start', 'text_end', 'text_pad'];
  refuseUnknown(fields, [...COMMON_FIELDS, 'text_length', 'text_vocab', ...ids]);
  const text_vocab = readSize('text_vocab', fields.get('text_vocab'), MAX_VOCABULARY);
  const [text_start, text_end, text_pad] = ids.map((name) => readToken(name, fields.get(name), text_vocab));
  if (new Set([text_start, text_end, text_pad]).size < 3) {
    throw transformerError('text_start, text_end and text_pad should be three tokens, and two of them are the same');
  }
  return {
    kind: 'bart-encoder',
    ...readCommon(fields),
    // Start and end at least.
    text_length: readAtLeast('text_length', readSize('text_length', fields.get('text_length'), MAX_POSITIONS), 2),
    text_vocab,
    text_start: text_start!,
    text_end: text_end!,
    text_pad: text_pad!,
    norm_weights: readFlag('norm_weights', fields.get('norm_weights')),
  };
}

/** The same of a decoder. */
export function readBartDecoder(fields: Fields): BartDecoderArchitecture {
  refuseUnknown(fields, [...COMMON_FIELDS, 'grid', 'image_rows', 'image_vocab', 'start_token']);
  const image_rows = readSize('image_rows', fields.get('image_rows'), MAX_VOCABULARY);
  return {
    kind: 'bart-decoder',
    ...readCommon(fields),
    grid: readGrid(fields.get('grid')),
    image_rows,
    image_vocab: readSize('image_vocab', fields.get('image_vocab'), image_rows),
    start_token: readToken('start_token', fields.get('start_token'), image_rows),
    norm_weights: readFlag('norm_weights', fields.get('norm_weights')),
  };
}

/** The sizes in one line, for people. */
export function describeBart(architecture: BartArchitecture): string {
  const { dim, depth, heads } = architecture;
  const sizes = `dim ${dim}, depth ${depth}, ${heads} heads of ${dim / heads}`;
  if (architecture.kind === 'bart-encoder') {
    const { text_length, text_vocab } = architecture;
    return `the text encoder of a DALL·E mini (${sizes}, ${text_length} text tokens of ${text_vocab})`;
  }
  const { grid, image_vocab } = architecture;
  return `the image decoder of a DALL·E mini (${sizes}, ${grid[0]}×${grid[1]} image tokens of ${image_vocab})`;
}

function readCommon(fields: Fields): Pick<BartArchitecture, 'dim' | 'depth' | 'heads' | 'glu_size'> {
  const size = (name: string, limit: number): number => readSize(name, fields.get(name), limit);
  const common = {
    dim: size('dim', MAX_DIM),
    depth: size('depth', MAX_DEPTH),
    heads: size('heads', MAX_HEADS),
    glu_size: size('glu_size', MAX_DIM),
  };
  if (common.dim % common.heads === 0) return common;
  throw transformerError(`dim should be a multiple of heads, and ${common.dim} is none of ${common.heads}`);
}

function readToken(name: string, value: unknown, rows: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < rows) return value;
  const got = typeof value === 'object' && value !== null ? 'no plain value' : String(value).slice(0, 40);
  throw transformerError(`${name} should be a row of the embedding, 0 to ${rows - 1}, and is ${got}`);
}

function readAtLeast(name: string, value: number, least: number): number {
  if (value >= least) return value;
  throw transformerError(`${name} should be at least ${least}, and is ${value}`);
}

function readGrid(value: unknown): readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2) throw transformerError('grid should be [rows, columns], and is not');
  return [readSize('rows of grid', value[0], MAX_SIDE), readSize('columns of grid', value[1], MAX_SIDE)];
}
