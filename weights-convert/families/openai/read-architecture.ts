/**
 * The sizes of a discrete VAE, read from the checkpoint and never assumed: from the instance attributes of a pickled
 * module, or from the shapes of a state dict. check-tensors.ts then holds every tensor against them.
 */
import { FormatError } from '../../../base/errors.ts';
import type { DvaeArchitecture } from '../../../nets/dvae/architecture.ts';
import type { PickleValue } from '../../pickle/records.ts';

/** Name → shape of the tensors that a file has. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Name → shape. */
export function listShapes(tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>): Shapes {
  return new Map([...tensors].map(([name, { shape }]) => [name, shape]));
}

/** Bounds on what a file may claim about its sizes: generous, and small enough to build the expected list from. */
const MAX_SIZE = 2 ** 20;
const MAX_BLOCKS = 64;
/** Fixed by OpenAI's classes. */
const GROUP_COUNT = 4;

/**
 * The architecture that named sizes state: attributes of a pickled `dall_e` module, or fields of `model.json`.
 *
 * @throws FormatError `E_ARCHITECTURE` for a size that is missing or out of range
 */
export function readSizes(
  kind: DvaeArchitecture['kind'],
  attributes: ReadonlyMap<string, PickleValue>,
): DvaeArchitecture {
  const size = (name: string, limit: number = MAX_SIZE): number => checkSize(name, attributes.get(name), limit);
  const common = { n_hid: checkHidden(size('n_hid')), n_blk_per_group: size('n_blk_per_group', MAX_BLOCKS) };
  const rest = { vocab_size: size('vocab_size'), group_count: GROUP_COUNT };
  return kind === 'dvae-encoder'
    ? { kind: 'dvae-encoder', ...common, input_channels: size('input_channels'), ...rest }
    : { kind: 'dvae-decoder', n_init: size('n_init'), ...common, output_channels: size('output_channels'), ...rest };
}

/**
 * The architecture that fits the shapes of a state dict: an encoder begins with a 7×7 kernel, a decoder with 1×1.
 *
 * @returns undefined if they are not an official encoder's or decoder's
 */
export function inferArchitecture(shapes: Shapes): DvaeArchitecture | undefined {
  const first = shapes.get('blocks.input.w');
  const last = shapes.get('blocks.output.conv.w');
  if (first?.length !== 4 || last?.length !== 4) return undefined;
  let blocks = 0;
  while (blocks < MAX_BLOCKS && shapes.has(`blocks.group_1.block_${blocks + 1}.res_path.conv_1.w`)) blocks++;
  const [outputs, inputs, kernel] = first as [number, number, number, number];
  const common = { n_blk_per_group: checkSize('n_blk_per_group', blocks, MAX_BLOCKS), group_count: GROUP_COUNT };
  if (kernel === 7) {
    const n_hid = checkHidden(checkSize('n_hid', outputs, MAX_SIZE));
    const vocab_size = checkSize('vocab_size', last[0]!, MAX_SIZE);
    return {
      kind: 'dvae-encoder',
      n_hid,
      input_channels: checkSize('input_channels', inputs, MAX_SIZE),
      vocab_size,
      ...common,
    };
  }
  if (kernel !== 1) return undefined;
  const n_hid = checkHidden(checkSize('n_hid', last[1]!, MAX_SIZE));
  const output_channels = checkSize('output_channels', last[0]! / 2, MAX_SIZE);
  const vocab_size = checkSize('vocab_size', inputs, MAX_SIZE);
  return {
    kind: 'dvae-decoder',
    n_init: checkSize('n_init', outputs, MAX_SIZE),
    n_hid,
    output_channels,
    vocab_size,
    ...common,
  };
}

/** An error about attributes or modules that are not the official nets'. */
export function architectureError(what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `readArchitecture: ${what}. dalle-gl computes OpenAI's nets as released, of any size; a modified one would give ` +
      `wrong pictures without a word.`,
  );
}

function checkSize(name: string, value: PickleValue | undefined, limit: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= limit) return value;
  const got = typeof value === 'object' && value !== null ? 'no number' : String(value).slice(0, 40);
  throw architectureError(`${name} should be an integer from 1 to ${limit}, and is ${got}`);
}

/** Blocks have a quarter of their channels inside. */
function checkHidden(hidden: number): number {
  if (hidden % 4 === 0) return hidden;
  throw architectureError(`n_hid should be a multiple of 4, and is ${hidden}`);
}
