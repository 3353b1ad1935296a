/**
 * A transformer's architecture from named values: the fields of `model.json`, or what a checkpoint says of
 * itself. Every field is checked and bounded, so that what follows may build lists and shapes from it.
 */
import { FormatError } from '../../base/errors.ts';
import { textPositions, type TransformerArchitecture } from './architecture.ts';

/** Names and their values, as JSON or a decoded pickle gives them; lists are arrays. */
export type Fields = ReadonlyMap<string, unknown>;

/**
 * Bounds on what a file may claim: beyond any transformer trained, and small enough to build the expected list from.
 */
export const MAX_DIM: number = 2 ** 16;
const MAX_DEPTH = 1024;
export const MAX_HEADS: number = 1024;
const MAX_VOCABULARY = 2 ** 20;
const MAX_POSITIONS = 2 ** 16;
const MAX_SIDE = 1024;

/** Those that every architecture states, in the order they are written. */
const NEEDED_FIELDS: readonly Exclude<keyof TransformerArchitecture, 'kind' | OptionalField>[] = [
  'names',
  'dim',
  'depth',
  'heads',
  'head_size',
  'text_length',
  'text_vocab',
  'image_vocab',
  'grid',
  'attention',
  'conv_kernel',
  'conv_edges',
  'activation',
  'mlp_size',
  'norm',
  'layer_scale',
  'qkv_bias',
  'position',
  'rotate_values',
  'pads',
  'start_token',
  'heads_of_output',
  'shift_tokens',
];

type OptionalField = {
  [Name in keyof TransformerArchitecture]-?: undefined extends TransformerArchitecture[Name] ? Name : never;
}[keyof TransformerArchitecture];

/** What reads each field that may be left out, in the order they are written. */
const OPTIONAL_FIELDS: Readonly<Record<OptionalField, (name: string, value: unknown) => number | boolean>> = {
  start_row: readRow,
  text_start: readRow,
  text_end: readRow,
  text_position_rows: (name, value) => readSize(name, value, MAX_POSITIONS),
  shifted_masks: readFlag,
  output_norm: readFlag,
  output_bias: readFlag,
  qkv_joined: readFlag,
};

/** All fields, in the order they are written. */
export const FIELD_NAMES: readonly Exclude<keyof TransformerArchitecture, 'kind'>[] = [
  ...NEEDED_FIELDS,
  ...(Object.keys(OPTIONAL_FIELDS) as OptionalField[]),
];

/**
 * The architecture that fields state. All but those that came later must be there; none may be unknown.
 *
 * @throws FormatError `E_ARCHITECTURE`, naming the first field that is missing, unknown or out of range
 */
export function readTransformer(fields: Fields): TransformerArchitecture {
  refuseUnknown(fields, ['kind', ...FIELD_NAMES]);
  const size = (name: string, limit: number): number => readSize(name, fields.get(name), limit);
  const choice = <const Choice extends string>(name: string, choices: readonly Choice[]): Choice =>
    readChoice(name, fields.get(name), choices);
  const flag = (name: string): boolean => readFlag(name, fields.get(name));
  const depth = size('depth', MAX_DEPTH);
  return checkFit({
    kind: 'transformer',
    names: choice('names', ['dalle-gl', 'dalle-pytorch', 'rudalle', 'mindalle']),
    dim: size('dim', MAX_DIM),
    depth,
    heads: size('heads', MAX_HEADS),
    head_size: size('head_size', MAX_DIM),
    text_length: size('text_length', MAX_POSITIONS),
    text_vocab: size('text_vocab', MAX_VOCABULARY),
    image_vocab: size('image_vocab', MAX_VOCABULARY),
    grid: readGrid(fields.get('grid')),
    attention: readAttention(fields.get('attention'), depth),
    conv_kernel: readKernel(fields.get('conv_kernel')),
    conv_edges: choice('conv_edges', ['cut', 'clamp', 'wrap']),
    activation: choice('activation', ['gelu-erf', 'gelu-tanh', 'geglu']),
    mlp_size: size('mlp_size', MAX_DIM),
    norm: choice('norm', ['pre', 'sandwich']),
    layer_scale: flag('layer_scale'),
    qkv_bias: flag('qkv_bias'),
    position: choice('position', ['text+row+column', 'text+image', 'rotary']),
    rotate_values: flag('rotate_values'),
    pads: choice('pads', ['per-position', 'zero']),
    start_token: flag('start_token'),
    heads_of_output: choice('heads_of_output', ['separate', 'shared']),
    shift_tokens: flag('shift_tokens'),
    ...readOptional(fields),
  });
}

function readOptional(fields: Fields): Pick<TransformerArchitecture, OptionalField> {
  const given = Object.entries(OPTIONAL_FIELDS).filter(([name]) => fields.has(name));
  return Object.fromEntries(given.map(([name, read]) => [name, read(name, fields.get(name))]));
}

/** Whether what was read field by field goes together. */
function checkFit(architecture: TransformerArchitecture): TransformerArchitecture {
  const { text_vocab, text_length, text_position_rows, position, shift_tokens, shifted_masks } = architecture;
  for (const name of ['start_row', 'text_start', 'text_end'] as const) {
    const row = architecture[name] ?? 0;
    if (row >= text_vocab) throw transformerError(`${name} is ${row}, and there are ${text_vocab} text tokens`);
  }
  const marks = [architecture.text_start, architecture.text_end].filter((mark) => mark !== undefined).length;
  if (marks >= text_length) throw transformerError(`its text of ${text_length} tokens has no room for words`);
  const positions = textPositions(architecture);
  if (text_position_rows !== undefined && (position === 'rotary' || text_position_rows < positions)) {
    throw transformerError(`text_position_rows is ${text_position_rows}, and ${positions} text positions are used`);
  }
  // Where tokens are shifted, it is told by the same count of text what is above and what is left.
  if (shifted_masks && shift_tokens) throw transformerError('it has both shifted_masks and shift_tokens');
  return architecture;
}

/** The sizes in one line, for people; everything else is in the manifest. */
export function describeTransformer(architecture: TransformerArchitecture): string {
  const { names, dim, depth, heads, head_size, text_length, text_vocab, image_vocab, grid } = architecture;
  return (
    `a transformer of ${names} (dim ${dim}, depth ${depth}, ${heads} heads of ${head_size}, ${text_length} text tokens of ` +
    `${text_vocab}, ${grid[0]}×${grid[1]} image tokens of ${image_vocab})`
  );
}

/** An error about a transformer that is not one of those dalle-gl computes. */
export function transformerError(what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `readTransformer: ${what}. dalle-gl refuses what it does not know: computing another net than was trained would ` +
      `give wrong pictures without a word. Check the file, or update dalle-gl.`,
  );
}

/** @throws FormatError `E_ARCHITECTURE` for a field that is not among the known */
export function refuseUnknown(fields: Fields, known: readonly string[]): void {
  const unknown = [...fields.keys()].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const listed = unknown.slice(0, 8).map((name) => name.slice(0, 40));
  throw transformerError(`the architecture has fields of no known meaning: ${listed.join(', ')}`);
}

/** @throws FormatError `E_ARCHITECTURE` unless `value` is an integer from 1 to `limit` */
export function readSize(name: string, value: unknown, limit: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= limit) return value;
  throw transformerError(`${name} should be an integer from 1 to ${limit}, and is ${describe(value)}`);
}

function readRow(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_VOCABULARY) return value;
  throw transformerError(`${name} should be an integer from 0 to ${MAX_VOCABULARY - 1}, and is ${describe(value)}`);
}

/** @throws FormatError `E_ARCHITECTURE` unless `value` is one of the choices */
export function readChoice<Choice extends string>(name: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw transformerError(`${name} should be ${choices.join(' or ')}, and is ${describe(value)}`);
}

/** @throws FormatError `E_ARCHITECTURE` unless `value` is true or false */
export function readFlag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw transformerError(`${name} should be true or false, and is ${describe(value)}`);
}

function readGrid(value: unknown): readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2)
    throw transformerError(`grid should be [rows, columns], and is ${describe(value)}`);
  return [readSize('rows of grid', value[0], MAX_SIDE), readSize('columns of grid', value[1], MAX_SIDE)];
}

function readAttention(value: unknown, depth: number): TransformerArchitecture['attention'] {
  if (!Array.isArray(value) || value.length !== depth) {
    throw transformerError(
      `attention should be a list of ${depth} kinds, as many as depth says, and is ${describe(value)}`,
    );
  }
  return value.map((kind, layer) =>
    readChoice(`attention of layer ${layer}`, kind, ['full', 'row', 'column', 'conv', 'axial-row', 'axial-conv']),
  );
}

function readKernel(value: unknown): number {
  const kernel = readSize('conv_kernel', value, MAX_SIDE - 1);
  if (kernel % 2 === 1) return kernel;
  throw transformerError(`conv_kernel should be odd, and is ${kernel}`);
}

function describe(value: unknown): string {
  if (value === undefined) return 'not there';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'no plain value' : String(value).slice(0, 40);
}
