/**
 * The transformers that the suite draws from: the emoji model of the package, and one of the paper's shape (Zero-Shot
 * Text-to-Image Generation, table 1's smallest width and more) with random weights, 100 million of them in its layers.
 */
import { roundToHalf } from '../ops/cast/half.ts';
import { createRandom } from '../test/helpers/random.ts';
import { paper } from '../nets/transformer/configurations.ts';
import { openModelFolder } from '../weights-convert/node/open-model-folder.ts';
import { bundledModel } from '../base/node/package-files.ts';
import { expectedTransformerTensors } from '../nets/transformer/tensors.ts';
import { textPositions } from '../nets/transformer/architecture.ts';
import type { TransformerArchitecture } from '../nets/transformer/architecture.ts';
import { countElements } from '../weights-convert/torch/tensor-record.ts';
import { isKind, type TensorData } from '../nets/weights.ts';
import type { TransformerModel } from './peers/transformer-peer.ts';

export const PAPER_SHAPED: TransformerArchitecture = { ...paper(12, 14), text_length: 64 };

/** The bundled model, its weights read into memory. */
export async function readEmojiModel(): Promise<TransformerModel> {
  const folder = await openModelFolder(bundledModel);
  try {
    const weights = folder.transformer;
    if (!weights || !isKind(weights, 'transformer')) throw new Error(`${bundledModel} has no transformer`);
    const { architecture, tensors } = weights;
    const read = [...tensors].map(async ([name, { read: readOne, ...rest }]): Promise<[string, TensorData]> => {
      const data = await readOne();
      return [name, { ...rest, read: async () => data }];
    });
    return { name: 'emoji', architecture, tensors: new Map(await Promise.all(read)), text: makeText(architecture) };
  } finally {
    await folder.close();
  }
}

/** A model with uniform random weights whose activations stay near 1. */
export function makeRandomModel(name: string, architecture: TransformerArchitecture): TransformerModel {
  const random = createRandom(20211);
  const tensors = [...expectedTransformerTensors(architecture)].map(([name, shape]): [string, TensorData] => {
    const length = countElements(shape);
    const data = new Float32Array(length);
    const { spread, centre } = scaleOf(name, shape, architecture);
    for (let at = 0; at < length; at++) data[at] = centre + spread * (2 * random.uniform() - 1);
    return [name, { shape, dtype: 'F32', read: async () => data }];
  });
  return { name, architecture, tensors: new Map(tensors), text: makeText(architecture) };
}

/** The same model with every weight rounded to half, as a file of halves gives them. */
export function halveModel(model: TransformerModel): TransformerModel {
  const tensors = [...model.tensors].map(([name, { shape, read }]): [string, TensorData] => {
    return [name, { shape, dtype: 'F16', read: async () => (await read()).map(roundToHalf) }];
  });
  return { ...model, tensors: new Map(tensors), isHalf: true };
}

/** Half the width of a tensor's uniform distribution, and its middle. A uniform number in ±√3·s has spread s. */
function scaleOf(
  name: string,
  shape: readonly number[],
  { depth }: TransformerArchitecture,
): { spread: number; centre: number } {
  if (/norm\.weight$/.test(name)) return { spread: 0.1, centre: 1 };
  if (shape.length === 1) return { spread: 0.1, centre: 0 };
  if (/embedding|position|row|column/.test(name)) return { spread: 1, centre: 0 };
  const branches = /\.(out|down)\.weight$/.test(name) ? 2 * depth : 1; // what they add up to stays near 1
  return { spread: Math.sqrt(3 / (shape[1]! * branches)), centre: 0 };
}

/** A few tokens, then pads. */
function makeText(architecture: TransformerArchitecture): Int32Array {
  const { text_vocab, pads } = architecture;
  const pad = (p: number): number => (pads === 'per-position' ? text_vocab + p : 0);
  return Int32Array.from({ length: textPositions(architecture) }, (_, p) => (p < 4 ? 11 + 7 * p : pad(p)));
}
