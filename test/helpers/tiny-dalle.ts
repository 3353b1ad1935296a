/**
 * The smallest whole DALL·E, for tests of what does not depend on what was learnt: the golden dVAE of 16 codes, a
 * transformer of two layers over 4 × 3 tokens (pictures of 24 × 32 pixels) with weights by chance, and a tokenizer of a
 * few captions. It draws within milliseconds.
 */
import { paper } from '../../nets/transformer/configurations.ts';
import { formatTokenizer, trainBpe } from '../../node.ts';
import { describeSource } from '../../weights-convert/describe-source.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { writeModelFolder } from '../../weights-convert/node/write-model-folder.ts';
import type { PartToWrite } from '../../weights-convert/node/write-model-parts.ts';
import { openWeights } from '../../weights-convert/open-weights.ts';
import { countElements } from '../../weights-convert/torch/tensor-record.ts';
import { expectedTransformerTensors } from '../../nets/transformer/tensors.ts';
import type { TransformerArchitecture } from '../../nets/transformer/architecture.ts';
import type { TensorData, WeightsOf } from '../../nets/weights.ts';
import { createRandom, type Random } from './random.ts';
import { smallCheckpoints } from './workplace.ts';

const tokenizer = trainBpe(['red heart', 'blue butterfly'], { vocabularySize: 40 });

const architecture: TransformerArchitecture = {
  ...paper(2, 2),
  dim: 16,
  head_size: 8,
  mlp_size: 32,
  text_length: 12,
  text_vocab: tokenizer.vocabularySize,
  image_vocab: 16,
  grid: [4, 3],
  conv_kernel: 3,
};

/**
 * Writes it into the new folder `out` and returns that; another seed, other weights of the transformer.
 *
 * @param words the text of another tokenizer.json
 */
export async function makeTinyDalle(
  out: string,
  seed = 1,
  words: string = formatTokenizer(tokenizer),
): Promise<string> {
  const { encoder, decoder } = smallCheckpoints();
  const parts = [await openPart(encoder), await openPart(decoder)];
  const source = { ...parts[0]!.source, name: 'made by a test' };
  await writeModelFolder({
    out,
    parts: [...parts, { weights: makeTransformer(createRandom(seed)), source }],
    tokenizer: { bytes: new TextEncoder().encode(words), source },
    dtype: 'f32',
    force: false,
    provenance: { sampling: { topK: 12 }, licence: 'CC0-1.0', notice: 'Weights by chance. They draw noise.' },
  });
  for (const { weights } of parts) await weights.close();
  return out;
}

async function openPart(path: string): Promise<PartToWrite> {
  const source = await openFileSource(path);
  return { source: await describeSource(source), weights: await openWeights(source) };
}

/** Large enough that texts and tokens make a difference, small enough that every token can be drawn. */
function makeTransformer(random: Random): WeightsOf<'transformer'> {
  const tensors = new Map<string, TensorData>();
  for (const [name, shape] of expectedTransformerTensors(architecture)) {
    const values = random.gaussians(countElements(shape), 0.3);
    tensors.set(name, { shape, dtype: 'F32', read: () => Promise.resolve(values) });
  }
  return {
    architecture,
    tensors,
    source: { name: 'made by a test', bytes: 0, container: 'safetensors' },
    close: () => Promise.resolve(),
  };
}
