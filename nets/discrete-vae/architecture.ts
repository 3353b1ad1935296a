/**
 * What a discrete VAE of lucidrains/DALLE-pytorch is made of (its `DiscreteVAE`): the architecture of its encoder or
 * decoder as plain numbers, in the words of its hparams. It has little in common with OpenAI's: convolutions of stride
 * 2 in the place of pools, transposed ones in the place of upsampling, and a codebook.
 */
import { FormatError } from '../../base/errors.ts';

/** What both halves state. */
interface DiscreteVaeSizes {
  /** Channels of a picture: 3, or 4 with its opacity. */
  readonly channels: number;
  /** Each layer makes the picture half as wide and high: a token stands for 2^num_layers pixels a side. */
  readonly num_layers: number;
  readonly num_resnet_blocks: number;
  readonly hidden_dim: number;
  /** How many codes there are. */
  readonly num_tokens: number;
}

/** The sizes of an encoder. */
export interface DiscreteVaeEncoderArchitecture extends DiscreteVaeSizes {
  readonly kind: 'discrete-vae-encoder';
}

/** The sizes of a decoder. */
export interface DiscreteVaeDecoderArchitecture extends DiscreteVaeSizes {
  readonly kind: 'discrete-vae-decoder';
  /** Numbers in a row of the codebook. */
  readonly codebook_dim: number;
}

/** The sizes of either half. */
export type DiscreteVaeArchitecture = DiscreteVaeEncoderArchitecture | DiscreteVaeDecoderArchitecture;

/** Bounds on what a file may claim: beyond any such net trained, and small enough to build the expected list from. */
export const MAX_LAYERS = 8;
export const MAX_BLOCKS = 64;
const MAX_SIZE = 2 ** 20;
const MAX_CHANNELS = 2 ** 14;

/**
 * The architecture that fields state, each of which must be there; none may be unknown.
 *
 * @throws FormatError `E_ARCHITECTURE`, naming the first field that is missing, unknown or out of range
 */
export function readDiscreteVae(
  kind: DiscreteVaeArchitecture['kind'],
  fields: ReadonlyMap<string, unknown>,
): DiscreteVaeArchitecture {
  const limits: Readonly<Record<string, readonly [least: number, most: number]>> = {
    channels: [3, 4],
    num_layers: [1, MAX_LAYERS],
    num_resnet_blocks: [0, MAX_BLOCKS],
    hidden_dim: [1, MAX_CHANNELS],
    num_tokens: [1, MAX_SIZE],
    ...(kind === 'discrete-vae-decoder' && { codebook_dim: [1, MAX_CHANNELS] }),
  };
  const unknown = [...fields.keys()].find((name) => name !== 'kind' && !Object.hasOwn(limits, name));
  if (unknown !== undefined) throw discreteVaeError(`there is a field ${JSON.stringify(unknown.slice(0, 40))}`);
  const sizes = Object.entries(limits).map(([name, bounds]) => [name, checkCount(name, fields.get(name), bounds)]);
  return { kind, ...Object.fromEntries(sizes) } as DiscreteVaeArchitecture;
}

/** Pixels along each side of a token. */
export function patchOf({ num_layers }: DiscreteVaeSizes): number {
  return 2 ** num_layers;
}

/** The sizes in one line, for people. */
export function describeDiscreteVae({ kind, ...sizes }: DiscreteVaeArchitecture): string {
  const listed = Object.entries(sizes).map(([name, value]) => `${name} ${value}`);
  return `a ${kind} (${listed.join(', ')})`;
}

/** An error about a net that is not one of those dalle-gl computes. */
export function discreteVaeError(what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `readArchitecture: of a DiscreteVAE of DALLE-pytorch ${what}. dalle-gl computes that project's own, of any size; a ` +
      'modified one would give wrong pictures without a word.',
  );
}

function checkCount(name: string, value: unknown, [least, most]: readonly [number, number]): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const got = value === undefined ? 'missing' : typeof value === 'object' ? 'no number' : String(value).slice(0, 40);
  throw discreteVaeError(`${name} should be an integer from ${least} to ${most}, and is ${got}`);
}
