/**
 * The transformer of kakaobrain/minDALL-E, its second stage, from the checkpoint of its training: `{state_dict, …}`.
 * Sizes are those of the tensors. What they do not say, heads and the form of the activation, goes by the published
 * size, or by what its config.yaml says of `stage2`, in a dictionary around the tensors.
 */
import { FormatError } from '../../../base/errors.ts';
import type { Shapes } from '../../contents/shapes.ts';
import { dict, plainDict, type PlainValue } from '../../pickle/build-records.ts';
import { plainEntries, stringEntries, type DictRecord, type PickleValue } from '../../pickle/records.ts';
import { readTransformer, transformerError, type Fields } from '../../../nets/transformer/read-architecture.ts';
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import type { FoundTensors } from '../family.ts';

/** The key that is read around the weights. */
export const SETTINGS_KEYS = ['stage2'] as const;

/** The published model: 1.3B. */
const PUBLISHED = { depth: 42, dim: 1536, heads: 24 } as const;

/**
 * The architecture of such a transformer.
 *
 * @throws FormatError `E_ARCHITECTURE`
 */
export function readMindalle({ shapes, settings, sourceName }: FoundTensors): TransformerArchitecture {
  const stated = readHparams(settings?.get('stage2'));
  const depth = countLayers(shapes);
  const [textRows, dim] = shapes.get('tok_emb_txt.weight') ?? [];
  checkStated(stated, { embed_dim: dim, n_layers: depth, ctx_len_txt: shapes.get('pos_emb_txt.weight')?.[0] });
  const heads = stated?.get('n_heads') ?? publishedHeads(depth, dim, sourceName);
  const side = Math.sqrt(Number(shapes.get('pos_emb_img.weight')?.[0]));
  return readTransformer(
    new Map<string, unknown>([
      ['names', 'mindalle'],
      ['dim', dim],
      ['depth', depth],
      ['heads', heads],
      ['head_size', Number(dim) / Number(heads)],
      ['text_length', shapes.get('pos_emb_txt.weight')?.[0]],
      ['text_vocab', textRows],
      ['image_vocab', shapes.get('tok_emb_img.weight')?.[0]],
      ['grid', [side, side]],
      ['attention', new Array<string>(depth).fill('full')],
      ['conv_kernel', 1],
      ['conv_edges', 'cut'],
      ['activation', 'gelu-erf'],
      ['mlp_size', shapes.get('blocks.0.mlp.0.weight')?.[0]],
      ['norm', 'pre'],
      ['layer_scale', false],
      ['qkv_bias', true],
      ['position', 'text+image'],
      ['rotate_values', false],
      ['pads', 'zero'],
      ['start_token', false],
      ['heads_of_output', 'separate'],
      ['shift_tokens', false],
      ['output_bias', false],
      ['qkv_joined', false],
    ]),
  );
}

/** The settings from which `readMindalle` gives this architecture again. */
export function describeMindalle({ heads }: TransformerArchitecture): DictRecord {
  const hparams = plainDict(
    new Map<string, PlainValue>([
      ['n_heads', heads],
      ['gelu_use_approx', false],
    ]),
  );
  return dict([
    ['type', 'transformer1d'],
    ['hparams', hparams],
  ]);
}

/** What is stated of the second stage; undefined where nothing is. */
function readHparams(stage: PickleValue | undefined): Fields | undefined {
  if (stage === undefined) return undefined;
  const entries = stringEntries(stage);
  const hparams = plainEntries(entries?.get('hparams'));
  if (!entries || !hparams) throw transformerError('stage2 says nothing of its hparams');
  const type = entries.get('type') ?? 'transformer1d';
  if (type !== 'transformer1d') {
    throw transformerError(`stage2 is of type ${String(type).slice(0, 40)}, and minDALL-E's is transformer1d`);
  }
  if ((hparams.get('gelu_use_approx') ?? false) !== false) {
    throw transformerError('it was trained with gelu_use_approx, which has no net here');
  }
  return hparams;
}

/** Sizes that are stated and seen must agree: settings of another model would give its heads to this one. */
function checkStated(stated: Fields | undefined, seen: Readonly<Record<string, number | undefined>>): void {
  for (const [name, size] of Object.entries(seen)) {
    const said = stated?.get(name) ?? size;
    if (said === size) continue;
    throw transformerError(`stage2 says that ${name} is ${String(said).slice(0, 20)}, and the tensors make it ${size}`);
  }
}

function publishedHeads(depth: number, dim: number | undefined, sourceName: string): number | undefined {
  if (depth === PUBLISHED.depth && dim === PUBLISHED.dim) return PUBLISHED.heads;
  throw new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds a transformer of minDALL-E with ${depth} layers of ${dim}, which is not the published ` +
      "one: its heads are not known. Save it with what its config.yaml says of stage2, as in torch.save({'stage2': {'hparams': " +
      "{'n_heads': 24}}, 'state_dict': state_dict}, 'stage2.pt').",
  );
}

function countLayers(shapes: Shapes): number {
  let count = 0;
  while (shapes.has(`blocks.${count}.ln1.weight`)) count++;
  return count;
}
