/**
 * What a CLIP is, from the shapes of its tensors and from what else says the two things that shapes do not: which
 * activation it has, and how many heads. A file settles them, a config beside it, or the caller; nothing is guessed.
 */
import { FormatError } from '../../../base/errors.ts';
import { readClip, type ClipActivation, type ClipArchitecture } from '../../../nets/clip/architecture.ts';
import type { Shapes } from '../../contents/shapes.ts';
import type { FoundTensors } from '../family.ts';
import { readClipConfig, type ClipConfig } from './config.ts';

/** OpenAI's and open_clip's heads, except for the towers below. */
const HEAD_SIZE = 64;
/** Widths of open_clip's H, g, bigG and e, whose heads are of 80, 88, 104 and 112. */
const OTHER_HEADS: readonly number[] = [1280, 1408, 1664, 1792];

type Evidence = Omit<FoundTensors, 'dataOf'>;

/** Scalars that OpenAI's archives keep beside the weights, and so do the state dicts made of them. */
const OPENAI_SCALARS: readonly string[] = ['input_resolution', 'context_length', 'vocab_size'];
/** The module in the first block of each tower whose class is the activation, where classes are told. */
export const ACTIVATION_MODULES: readonly string[] = ['visual.transformer', 'transformer'].map(
  (tower) => `${tower}.resblocks.0.mlp.gelu`,
);

/**
 * The architecture of the CLIP that has these tensors.
 *
 * @returns undefined where the tensors are those of none
 * @throws FormatError `E_ARCHITECTURE` for what is no CLIP that is computed here, or where nothing says its activation
 */
export function inferClip({ shapes, settings, stated, sourceName }: Evidence): ClipArchitecture | undefined {
  const kernel = shapes.get('visual.conv1.weight');
  const [positions, visionDim] = shapes.get('visual.positional_embedding') ?? [];
  const [textLength, textDim] = shapes.get('positional_embedding') ?? [];
  if (kernel?.length !== 4 || positions === undefined || textLength === undefined) return undefined;
  const config = settings && readClipConfig(settings);
  const patch = kernel[3]!;
  const fields = {
    kind: 'clip',
    embed_dim: shapes.get('text_projection')?.[1],
    activation: findActivation({ shapes, settings, stated, sourceName }, config),
    image_size: Math.round(Math.sqrt(Math.max(positions - 1, 0))) * patch,
    patch,
    vision_dim: visionDim,
    vision_depth: countBlocks(shapes, 'visual.transformer'),
    vision_heads: config?.visionHeads ?? countHeads(visionDim, sourceName),
    vision_mlp_size: shapes.get('visual.transformer.resblocks.0.mlp.c_fc.weight')?.[0],
    text_length: textLength,
    text_vocab: shapes.get('token_embedding.weight')?.[0],
    text_dim: textDim,
    text_depth: countBlocks(shapes, 'transformer'),
    text_heads: config?.textHeads ?? countHeads(textDim, sourceName),
    text_mlp_size: shapes.get('transformer.resblocks.0.mlp.c_fc.weight')?.[0],
  };
  return readClip(new Map(Object.entries(fields)));
}

function countBlocks(shapes: Shapes, tower: string): number {
  const block = new RegExp(`^${tower.replace('.', '\\.')}\\.resblocks\\.(0|[1-9]\\d{0,3})\\.`);
  return [...shapes.keys()].reduce((most, name) => Math.max(most, Number(block.exec(name)?.[1] ?? -1) + 1), 0);
}

function countHeads(dim: number | undefined, sourceName: string): number | undefined {
  if (dim === undefined || !OTHER_HEADS.includes(dim)) return dim && dim / HEAD_SIZE;
  throw new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds a CLIP of ${dim} channels, and how many heads it has cannot be seen: open_clip's of that ` +
      'width do not have heads of 64. Name the config that lies beside it too, open_clip_config.json or config.json.',
  );
}

function findActivation(
  { shapes, settings, stated, sourceName }: Evidence,
  config: ClipConfig | undefined,
): ClipActivation {
  const modules = ACTIVATION_MODULES.flatMap((path) => settings?.get(path) ?? []).map(nameOfClass);
  const seen = modules.length > 0 ? modules : OPENAI_SCALARS.every((name) => shapes.has(name)) ? ['quick-gelu'] : [];
  const said = [...seen, ...(config ? [config.activation] : []), ...(stated?.activation ? [stated.activation] : [])];
  const [first, ...others] = said;
  if (first === undefined) throw unsettledError(sourceName);
  const other = others.find((activation) => activation !== first);
  if (other === undefined && (first === 'quick-gelu' || first === 'gelu')) return first;
  throw new FormatError(
    'E_ARCHITECTURE',
    `openWeights: the activation of the CLIP in ${sourceName} should be quick-gelu or gelu, and is said to be ` +
      `${[first, ...(other === undefined ? [] : [other])].map((name) => String(name).slice(0, 40)).join(' and ')}. Scores by another ` +
      'than it was trained with would be wrong without a word: look at where the file comes from.',
  );
}

function nameOfClass(value: unknown): string {
  return value === 'QuickGELU' ? 'quick-gelu' : value === 'GELU' ? 'gelu' : String(value);
}

function unsettledError(sourceName: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds a CLIP, and nothing in it says which activation it was trained with: QuickGELU, as all of ` +
      "OpenAI's weights and open_clip's -quickgelu configurations, or the exact GELU, as open_clip's others. Name the config " +
      'that lies beside it too (config.json of Hugging Face, open_clip_config.json), or say --activation quick-gelu or ' +
      '--activation gelu (activation in the library).',
  );
}
