/**
 * What a CLIP is made of, as plain values (Learning Transferable Visual Models From Natural Language Supervision, §2.4
 * and table 19): two transformers, of pictures cut into patches and of text, that end in vectors of one size. The same
 * for OpenAI's and for open_clip's with a vision transformer; what differs among them is a field.
 */
import { FormatError } from '../../base/errors.ts';

/** The activation of an MLP: `quick-gelu` is x · sigmoid(1.702 x), as OpenAI's have it, and `gelu` the exact one. */
export type ClipActivation = 'quick-gelu' | 'gelu';

/** The sizes of one of the two transformers. */
export interface Tower {
  /** Channels of a row. */
  readonly dim: number;
  readonly depth: number;
  readonly heads: number;
  /** Values between the two products of an MLP. */
  readonly mlp_size: number;
}

/** The sizes and the manner of a CLIP. */
export interface ClipArchitecture {
  readonly kind: 'clip';
  /** Numbers of what both towers end in. */
  readonly embed_dim: number;
  readonly activation: ClipActivation;
  /** Pixels along each side of a picture, a multiple of `patch`. */
  readonly image_size: number;
  /** Pixels along each side of a patch. */
  readonly patch: number;
  readonly vision_dim: number;
  readonly vision_depth: number;
  readonly vision_heads: number;
  readonly vision_mlp_size: number;
  /** Text positions, marks of start and end among them. */
  readonly text_length: number;
  /** Text tokens. The last two are the marks of start and of end. */
  readonly text_vocab: number;
  readonly text_dim: number;
  readonly text_depth: number;
  readonly text_heads: number;
  readonly text_mlp_size: number;
}

/** Bounds on what a file may claim: beyond any CLIP trained, and small enough to build the expected list from. */
const LIMITS: Readonly<Record<Exclude<keyof ClipArchitecture, 'kind' | 'activation'>, number>> = {
  embed_dim: 2 ** 16,
  image_size: 4096,
  patch: 1024,
  vision_dim: 2 ** 16,
  vision_depth: 1024,
  vision_heads: 1024,
  vision_mlp_size: 2 ** 18,
  text_length: 2 ** 16,
  text_vocab: 2 ** 20,
  text_dim: 2 ** 16,
  text_depth: 1024,
  text_heads: 1024,
  text_mlp_size: 2 ** 18,
};
const SIZE_NAMES = Object.keys(LIMITS) as readonly (keyof typeof LIMITS)[];

export function visionTower(architecture: ClipArchitecture): Tower {
  const { vision_dim: dim, vision_depth: depth, vision_heads: heads, vision_mlp_size: mlp_size } = architecture;
  return { dim, depth, heads, mlp_size };
}

export function textTower(architecture: ClipArchitecture): Tower {
  const { text_dim: dim, text_depth: depth, text_heads: heads, text_mlp_size: mlp_size } = architecture;
  return { dim, depth, heads, mlp_size };
}

/** Patches of a picture, and one position before them that gathers what it shows. */
export function visionPositions({ image_size, patch }: ClipArchitecture): number {
  return (image_size / patch) ** 2 + 1;
}

/**
 * The architecture that fields state, each of which must be there; none may be unknown.
 *
 * @throws FormatError `E_ARCHITECTURE`, naming the first field that is missing, unknown or out of range
 */
export function readClip(fields: ReadonlyMap<string, unknown>): ClipArchitecture {
  const known: readonly string[] = ['kind', 'activation', ...SIZE_NAMES];
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw clipError(`${unknown.slice(0, 40)} is a field of no known meaning`);
  const activation = fields.get('activation');
  if (activation !== 'quick-gelu' && activation !== 'gelu') {
    throw clipError(`activation should be quick-gelu or gelu, and is ${describe(activation)}`);
  }
  const sizes = Object.fromEntries(SIZE_NAMES.map((name) => [name, readSize(name, fields.get(name))]));
  const architecture = { kind: 'clip', activation, ...(sizes as Record<keyof typeof LIMITS, number>) } as const;
  checkDivides('image_size', architecture.image_size, 'patch', architecture.patch);
  checkDivides('vision_dim', architecture.vision_dim, 'vision_heads', architecture.vision_heads);
  checkDivides('text_dim', architecture.text_dim, 'text_heads', architecture.text_heads);
  if (architecture.text_vocab < 3) throw clipError('text_vocab has no room for a word beside its two marks');
  if (architecture.text_length < 2) throw clipError('text_length has no room for the marks of start and end');
  return architecture;
}

/** The sizes in one line, for people. */
export function describeClip(architecture: ClipArchitecture): string {
  const { image_size, patch, embed_dim, activation, text_length, text_vocab } = architecture;
  const describeTower = ({ dim, depth, heads }: Tower): string => `dim ${dim}, depth ${depth}, ${heads} heads`;
  return (
    `a CLIP (pictures of ${image_size}×${image_size} in patches of ${patch}: ${describeTower(visionTower(architecture))}; ` +
    `${text_length} text tokens of ${text_vocab}: ${describeTower(textTower(architecture))}; vectors of ${embed_dim}, ` +
    `${activation})`
  );
}

/** An error about a CLIP that is not one of those dalle-gl computes. */
function clipError(what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `readClip: ${what}. dalle-gl refuses what it does not know: computing another net than was trained would give wrong ` +
      'scores without a word. Check the file, or update dalle-gl.',
  );
}

function readSize(name: keyof typeof LIMITS, value: unknown): number {
  const limit = LIMITS[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= limit) return value;
  throw clipError(`${name} should be an integer from 1 to ${limit}, and is ${describe(value)}`);
}

function checkDivides(what: string, whole: number, part: string, divisor: number): void {
  if (whole % divisor !== 0) throw clipError(`${what} should be a multiple of ${part}, ${divisor}, and is ${whole}`);
}

function describe(value: unknown): string {
  if (value === undefined) return 'not there';
  return typeof value === 'object' && value !== null ? 'no plain value' : String(value).slice(0, 40);
}
