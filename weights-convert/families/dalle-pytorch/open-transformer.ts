/**
 * A transformer that lucidrains/DALLE-pytorch trained, from the `.pt` of its train_dalle.py: `{hparams, vae_params,
 * vae_class_name, weights, …}`. The VAE that it was trained over lies in the same file, or is OpenAI's. The
 * architecture is what `hparams` say, and what they leave out is read from the tensors; options that dalle-gl has no
 * net for are refused by name.
 */
import { FormatError } from '../../../base/errors.ts';
import type { Shapes } from '../../contents/shapes.ts';
import type { SavedSettings } from '../family.ts';
import { isShifted } from './names.ts';
import type { PlainValue } from '../../pickle/build-records.ts';
import { plainEntries, type PickleValue } from '../../pickle/records.ts';
import { readTransformer, transformerError, type Fields } from '../../../nets/transformer/read-architecture.ts';
import type { AttentionKind, TransformerArchitecture } from '../../../nets/transformer/architecture.ts';

/** Its attention types that dalle-gl has, one of them twice; its row is not the paper's. */
const ATTENTION_TYPES: readonly (readonly [type: string, kind: AttentionKind])[] = [
  ['full', 'full'],
  ['axial_row', 'axial-row'],
  ['axial_col', 'column'],
  ['conv_like', 'axial-conv'],
  ['conv_like', 'conv'],
];

/** The first version whose kernel has the token in its corner, and no more in its middle. Files say it since 1.2.2. */
const CORNER_VERSION = { major: 1, minor: 5, text: '1.5.0' } as const;

/** Fixed by the project's class, which has no setting for it. */
const CONV_KERNEL = 5;
/** Pixels along a side of the pictures that its classes of other people's VAEs take, and tokens of OpenAI's. */
const PICTURE_SIDE = 256;
const OPENAI_SIDE = 32;

const DEFAULTS: Fields = new Map<string, unknown>([
  ['num_text_tokens', 10_000],
  ['text_seq_len', 256],
  ['heads', 8],
  ['dim_head', 64],
  ['attn_types', ['full']],
]);

/** Of no effect on what is computed; shared layers are repeated in the file. */
const IGNORED: readonly string[] = [
  ...['loss_img_weight', 'attn_dropout', 'ff_dropout', 'optimize_for_inference'],
  ...['shared_attn_ids', 'shared_ff_ids'],
];
/** Settings of another computation. */
const REFUSED: readonly string[] = ['reversible', 'sparse_attn', 'stable', 'share_input_output_emb'];
/** Settings that the tensors must bear out. */
const SEEN: readonly string[] = ['sandwich_norm', 'shift_tokens', 'rotary_emb'];
const READ: readonly string[] = ['dim', 'depth', ...DEFAULTS.keys()];

/** Its classes of other people's VAEs, older names of them too, and of its own. */
const OPENAI_VAE = 'OpenAIDiscreteVAE';
const VQGAN_VAE = 'VQGanVAE';
const OWN_VAE = 'DiscreteVAE';
const VAE_CLASSES: readonly string[] = [OPENAI_VAE, VQGAN_VAE, 'VQGanVAE1024', 'VQGanVAECustom', OWN_VAE];
/** OpenAI's codes. */
const OPENAI_CODES = 8192;

/**
 * A key of ours in what dalle-gl writes: image tokens along a side, where no tensor tells. DALLE-pytorch looks no more
 * at it than at any other that it does not know.
 */
export const IMAGE_SIDE = 'image_side';

/** What is read of the dictionary around the weights, or of the file beside them. */
export const SETTINGS_KEYS: readonly string[] = ['hparams', 'vae_params', 'vae_class_name', 'version', IMAGE_SIDE];

/** Shapes of the tensors in `weights`: the transformer's, and those of the VAE beside it. */
interface DalleShapes {
  readonly shapes: Shapes;
  readonly others: Shapes;
}

/**
 * The architecture of the transformer in such a checkpoint.
 *
 * @param entries what was saved
 * @throws FormatError `E_ARCHITECTURE`, `E_NET_UNSUPPORTED`
 */
export function readDallePytorch(
  entries: SavedSettings,
  { shapes, others }: DalleShapes,
  sourceName: string,
): TransformerArchitecture {
  checkVae(entries, { shapes, others }, sourceName);
  const stated = plainEntries(entries.get('hparams'));
  if (!stated) throw transformerError('hparams are no dictionary');
  checkOptions(stated);
  const seen = seeOptions(stated, shapes);
  // `attn_types: None` stands for the default too.
  const hparams = new Map([...DEFAULTS, ...[...stated].filter(([, value]) => value !== null)]);
  const depth = hparams.get('depth');
  const textLength = hparams.get('text_seq_len');
  const side = readSide({ shapes, others }, textLength, entries);
  return readTransformer(
    new Map<string, unknown>([
      ['names', 'dalle-pytorch'],
      ['dim', hparams.get('dim')],
      ['depth', depth],
      ['heads', hparams.get('heads')],
      ['head_size', hparams.get('dim_head')],
      ['text_length', textLength],
      ['text_vocab', hparams.get('num_text_tokens')],
      ['image_vocab', shapes.get('image_emb.weight')?.[0]],
      ['grid', [side, side]],
      ['attention', listAttention(hparams.get('attn_types'), depth, hasCorner(entries.get('version')))],
      ['conv_kernel', CONV_KERNEL],
      ['conv_edges', 'cut'],
      ['activation', 'geglu'],
      ['mlp_size', 4 * Number(hparams.get('dim'))],
      ['norm', seen.sandwich ? 'sandwich' : 'pre'],
      ['layer_scale', true],
      ['qkv_bias', false],
      ['position', seen.rotary ? 'rotary' : 'text+row+column'],
      ['rotate_values', seen.rotary],
      ['pads', 'per-position'],
      ['start_token', true],
      ['heads_of_output', 'shared'],
      ['shift_tokens', seen.shift],
    ]),
  );
}

/** The `hparams` from which `readDallePytorch` gives this architecture again. */
export function describeDallePytorch(architecture: TransformerArchitecture): Map<string, PlainValue> {
  const types = new Map(ATTENTION_TYPES.map(([type, kind]) => [kind, type]));
  return new Map<string, PlainValue>([
    ['num_text_tokens', architecture.text_vocab],
    ['text_seq_len', architecture.text_length],
    ['dim', architecture.dim],
    ['depth', architecture.depth],
    ['heads', architecture.heads],
    ['dim_head', architecture.head_size],
    ['attn_types', architecture.attention.map((kind) => types.get(kind) ?? null)],
    ['sandwich_norm', architecture.norm === 'sandwich'],
    ['shift_tokens', architecture.shift_tokens],
    ['rotary_emb', architecture.position === 'rotary'],
  ]);
}

/** The `version` beside them, where one must be stated for the kernel to be read as the same. */
export function describeDallePytorchVersion({ attention }: TransformerArchitecture): string | undefined {
  return attention.includes('axial-conv') ? CORNER_VERSION.text : undefined;
}

function hasCorner(version: PickleValue | undefined): boolean {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})(?:\.|$)/.exec(typeof version === 'string' ? version : '') ?? [];
  const difference = Number(major) - CORNER_VERSION.major || Number(minor) - CORNER_VERSION.minor;
  return difference >= 0;
}

/** The VAE is frozen beside the transformer, unless someone stripped it; then the class must be named. */
function checkVae(entries: SavedSettings, { shapes, others }: DalleShapes, sourceName: string): void {
  const className = entries.get('vae_class_name') ?? undefined;
  const isOwn = (entries.get('vae_params') ?? null) !== null;
  const isThere = shapes.has('vae.enc.blocks.input.w') || [...others.keys()].some((name) => name.startsWith('vae.'));
  if (isOwn || (className === undefined ? isThere : VAE_CLASSES.includes(className as string))) return;
  const vae = typeof className === 'string' ? className : 'a VAE that it does not name';
  throw new FormatError(
    'E_NET_UNSUPPORTED',
    `openWeights: ${sourceName} holds a transformer of DALLE-pytorch trained over ${vae.slice(0, 60)}, and there is no ` +
      `net for that. dalle-gl draws through OpenAI's discrete VAE (${OPENAI_VAE}), VQGANs of taming-transformers' ` +
      `(${VQGAN_VAE}) and that project's own ${OWN_VAE}.`,
  );
}

/** The class that its `load` makes of the VAE: with as many tokens as OpenAI's that, else a VQGAN. */
export function nameVae({ image_vocab, grid }: TransformerArchitecture): string {
  return image_vocab === OPENAI_CODES && grid[0] === OPENAI_SIDE ? OPENAI_VAE : VQGAN_VAE;
}

function checkOptions(hparams: Fields): void {
  const refused = REFUSED.filter((name) => ![undefined, null, false].includes(hparams.get(name) as null));
  if (refused.length > 0)
    throw transformerError(`it was trained with ${refused.join(', ')}, which has no net here yet`);
  const known = [...READ, ...SEEN, ...IGNORED, ...REFUSED];
  const unknown = [...hparams.keys()].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const listed = unknown.slice(0, 8).map((name) => name.slice(0, 40));
  throw transformerError(`hparams have fields of no known meaning: ${listed.join(', ')}`);
}

interface SeenOptions {
  readonly sandwich: boolean;
  readonly shift: boolean;
  readonly rotary: boolean;
}

/** Options that older versions do not state, from the tensors they leave; where they are stated both must agree. */
function seeOptions(hparams: Fields, shapes: Shapes): SeenOptions {
  const names = [...shapes.keys()];
  const see = (option: string, isThere: boolean): boolean => {
    const stated = hparams.get(option) ?? isThere;
    if (stated === isThere) return isThere;
    throw transformerError(`hparams say that ${option} is ${String(stated).slice(0, 20)}, and the tensors do not`);
  };
  return {
    sandwich: see('sandwich_norm', shapes.has('transformer.layers.layers.0.0.fn.norm_out.weight')),
    shift: see('shift_tokens', names.map(isShifted).includes(true)),
    rotary: see('rotary_emb', !shapes.has('text_pos_emb.weight')),
  };
}

/**
 * Image tokens along a side: as many as rows of positions; rotary ones number the whole sequence. Else it is stated,
 * or told by the VAE.
 */
function readSide({ shapes, others }: DalleShapes, textLength: unknown, entries: SavedSettings): unknown {
  const rows = shapes.get('image_pos_emb.weights_0') ?? shapes.get('image_pos_emb.weights.0');
  if (rows) return rows[1] ?? 0;
  const positions = shapes.get('transformer.pos_emb')?.[1];
  if (positions !== undefined) return Math.sqrt(positions - Number(textLength) - 1);
  const stated = entries.get(IMAGE_SIDE);
  if (stated !== undefined) return stated;
  const own = plainEntries(entries.get('vae_params'));
  if (own) return Number(own.get('image_size') ?? PICTURE_SIDE) / 2 ** Number(own.get('num_layers') ?? 3);
  const levels = [...others.keys()].flatMap((name) => /^vae\.model\.encoder\.down\.(\d)\./.exec(name)?.[1] ?? []);
  if (levels.length > 0) return PICTURE_SIDE / 2 ** Math.max(...levels.map(Number));
  if ((entries.get('vae_class_name') ?? OPENAI_VAE) === OPENAI_VAE) return OPENAI_SIDE;
  throw transformerError('nothing says how many image tokens lie along a side, neither a tensor nor the VAE');
}

/** The types in turn, as often as there are layers. */
function listAttention(types: unknown, depth: unknown, hasCornerKernel: boolean): AttentionKind[] {
  if (!Array.isArray(types) || types.length === 0) throw transformerError('attn_types are no list');
  const kinds = types.map((type: unknown) => {
    const other: AttentionKind = hasCornerKernel ? 'conv' : 'axial-conv';
    const found = ATTENTION_TYPES.find(([name, kind]) => name === type && kind !== other);
    if (found) return found[1];
    throw transformerError(`attention of type ${String(type).slice(0, 40)} has no net here yet`);
  });
  const length = typeof depth === 'number' && depth <= 1024 ? depth : 0;
  return Array.from({ length }, (_, layer) => kinds[layer % kinds.length]!);
}
