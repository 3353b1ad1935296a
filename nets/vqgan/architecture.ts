/**
 * What a VQGAN is made of (Esser et al., "Taming Transformers"): the architecture of its encoder or decoder as plain
 * numbers, in the words of the configurations of CompVis/taming-transformers. Whoever states one, a file or a caller,
 * its numbers are checked and bounded here.
 */
import { FormatError } from '../../base/errors.ts';

/** How a picture's vectors become codes: the nearest row of the codebook, or the largest of as many logits. */
type Quantiser = 'vector' | 'gumbel';

/** What both halves state. */
interface VqganSizes {
  /** Channels of a level are `ch` times its number in `ch_mult`; level 0 has the picture's own size. */
  readonly ch: number;
  /** A number for each level; from one to the next the picture is half as wide and high. */
  readonly ch_mult: readonly number[];
  /** Residual blocks of a level in the encoder; the decoder has one more in each. */
  readonly num_res_blocks: number;
  /** Levels with an attention behind each of their blocks. */
  readonly attn_levels: readonly number[];
  /** Channels of what the encoder ends with and the decoder begins with. */
  readonly z_channels: number;
  /** Numbers in a row of the codebook. */
  readonly embed_dim: number;
  /** Rows of the codebook: how many codes there are. */
  readonly n_embed: number;
  readonly quantiser: Quantiser;
  /** What each GroupNorm adds to the variance: 1e-6 in taming's own code, 1e-5 in min-dalle's. */
  readonly epsilon: number;
  /** What black and white are to the net: −1 and 1 as it was trained, 0 and 1 for dalle-mini's and min-dalle's. */
  readonly pixel_range: readonly [number, number];
}

/** The sizes of an encoder. */
export interface VqganEncoderArchitecture extends VqganSizes {
  readonly kind: 'vqgan-encoder';
  readonly in_channels: number;
}

/** The sizes of a decoder. */
export interface VqganDecoderArchitecture extends VqganSizes {
  readonly kind: 'vqgan-decoder';
  readonly out_ch: number;
  /**
   * Behind its last convolution, which gives four times as many channels, an inverse Haar transform that makes pictures
   * twice as wide and high [none].
   */
  readonly wavelet?: 'haar';
}

/** The sizes of either half of a VQGAN. */
export type VqganArchitecture = VqganEncoderArchitecture | VqganDecoderArchitecture;

/** Groups of every GroupNorm: fixed by taming's code. */
export const GROUPS = 32;

/** Bounds on what a file may claim: beyond any VQGAN trained, and small enough to build the expected list from. */
export const MAX_LEVELS = 8;
const MAX_BLOCKS = 64;
const MAX_SIZE = 2 ** 20;
const MAX_CHANNELS = 2 ** 14;

const COMMON_FIELDS = [
  'ch',
  'ch_mult',
  'num_res_blocks',
  'attn_levels',
  'z_channels',
  'embed_dim',
  'n_embed',
  'quantiser',
  'epsilon',
  'pixel_range',
] as const;

/**
 * The architecture that fields state, each of which must be there; none may be unknown.
 *
 * @throws FormatError `E_ARCHITECTURE`, naming the first field that is missing, unknown or out of range
 */
export function readVqgan(kind: VqganArchitecture['kind'], fields: ReadonlyMap<string, unknown>): VqganArchitecture {
  const channels = kind === 'vqgan-encoder' ? 'in_channels' : 'out_ch';
  const known: readonly string[] = [
    'kind',
    ...COMMON_FIELDS,
    channels,
    ...(kind === 'vqgan-decoder' ? ['wavelet'] : []),
  ];
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw vqganError(`there is a field ${JSON.stringify(unknown.slice(0, 40))}`);
  const size = (name: string, limit: number): number => checkCount(name, fields.get(name), 1, limit);
  const ch = size('ch', MAX_CHANNELS);
  const ch_mult = readList('ch_mult', fields.get('ch_mult'), 1, MAX_CHANNELS);
  if (ch_mult.length === 0) throw vqganError('ch_mult has no level');
  for (const mult of [1, ...ch_mult]) checkWidth(ch * mult);
  const sizes: VqganSizes = {
    ch,
    ch_mult,
    num_res_blocks: size('num_res_blocks', MAX_BLOCKS),
    attn_levels: readAttention(fields.get('attn_levels'), ch_mult.length),
    z_channels: size('z_channels', MAX_CHANNELS),
    embed_dim: size('embed_dim', MAX_CHANNELS),
    n_embed: size('n_embed', MAX_SIZE),
    quantiser: readQuantiser(fields.get('quantiser')),
    epsilon: readEpsilon(fields.get('epsilon')),
    pixel_range: readRange(fields.get('pixel_range')),
  };
  return kind === 'vqgan-encoder'
    ? { kind, ...sizes, in_channels: size('in_channels', MAX_CHANNELS) }
    : { kind, ...sizes, out_ch: size('out_ch', MAX_CHANNELS), ...readWavelet(fields) };
}

function readWavelet(fields: ReadonlyMap<string, unknown>): Pick<VqganDecoderArchitecture, 'wavelet'> {
  if (!fields.has('wavelet')) return {};
  const wavelet = fields.get('wavelet');
  if (wavelet === 'haar') return { wavelet };
  throw vqganError(`wavelet should be haar, or not there, and is ${JSON.stringify(wavelet)?.slice(0, 40)}`);
}

/** Channels of each level, level 0 first. */
export function levelChannels({ ch, ch_mult }: VqganSizes): number[] {
  return ch_mult.map((mult) => ch * mult);
}

/** Pixels along each side of a token: every level but the last halves the picture, and a wavelet doubles it. */
export function patchOf(architecture: VqganArchitecture): number {
  const scale = 'wavelet' in architecture ? 2 : 1;
  return scale * 2 ** (architecture.ch_mult.length - 1);
}

/** The sizes in one line, for people. */
export function describeVqgan(architecture: VqganArchitecture): string {
  const { kind, ch, ch_mult, num_res_blocks, attn_levels, z_channels, embed_dim, n_embed, quantiser } = architecture;
  const attention =
    attn_levels.length > 0 ? `attention at level ${attn_levels.join(' and ')}` : 'no attention at levels';
  return (
    `a ${kind} (ch ${ch}, ch_mult ${ch_mult.join(',')}, num_res_blocks ${num_res_blocks}, ${attention}, z_channels ` +
    `${z_channels}, embed_dim ${embed_dim}, n_embed ${n_embed}, ${quantiser} quantiser, epsilon ${architecture.epsilon}, ` +
    `pixels ${architecture.pixel_range.join('…')}${'wavelet' in architecture ? ', wavelet haar' : ''})`
  );
}

/** An error about a VQGAN that is not one of those dalle-gl computes. */
export function vqganError(what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `readArchitecture: of a VQGAN ${what}. dalle-gl computes the VQGANs of taming-transformers, of any size; a modified ` +
      `one would give wrong pictures without a word.`,
  );
}

function checkCount(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const got = typeof value === 'object' && value !== null ? 'no number' : String(value).slice(0, 40);
  throw vqganError(`${name} should be an integer from ${least} to ${most}, and is ${got}`);
}

/** @throws FormatError `E_ARCHITECTURE` unless every group of a GroupNorm gets as many channels */
export function checkWidth(channels: number): void {
  if (channels % GROUPS === 0 && channels <= MAX_CHANNELS) return;
  throw vqganError(
    `a level has ${channels} channels, which should be a multiple of ${GROUPS}, the groups of a GroupNorm, and at most ` +
      `${MAX_CHANNELS}`,
  );
}

function readList(name: string, value: unknown, least: number, most: number): number[] {
  if (!Array.isArray(value) || value.length > MAX_LEVELS) {
    throw vqganError(`${name} should be a list of at most ${MAX_LEVELS} numbers, one for a level`);
  }
  return value.map((item) => checkCount(name, item, least, most));
}

function readAttention(value: unknown, levels: number): number[] {
  const listed = readList('attn_levels', value, 0, levels - 1);
  if (listed.every((level, at) => at === 0 || level > listed[at - 1]!)) return listed;
  throw vqganError('attn_levels should rise');
}

function readQuantiser(value: unknown): Quantiser {
  if (value === 'vector' || value === 'gumbel') return value;
  throw vqganError(`quantiser should be vector or gumbel, and is ${JSON.stringify(value)?.slice(0, 40)}`);
}

function readEpsilon(value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= 0.01) return value;
  throw vqganError(`epsilon should be a number above 0 and at most 0.01, and is ${String(value).slice(0, 40)}`);
}

function readRange(value: unknown): [number, number] {
  if (Array.isArray(value) && value.length === 2 && value[1] === 1 && (value[0] === -1 || value[0] === 0)) {
    return [value[0], 1];
  }
  throw vqganError('pixel_range should be [-1, 1] or [0, 1]');
}
