/**
 * Eight captions with eight pictures of chance tokens are learnt by heart, and ordinary inference draws each of them
 * from its caption, token for token.
 */
import { expect, test } from 'vitest';
import type { TensorData, WeightsOf } from '../nets/weights.ts';
import { expectedTransformerTensors } from '../nets/transformer/tensors.ts';
import { paper } from '../nets/transformer/configurations.ts';
import { Transformer } from '../nets/transformer/transformer.ts';
import type { TransformerArchitecture } from '../nets/transformer/architecture.ts';
import { trainBpe } from '../nets/tokenizer/train-bpe.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { createRandom } from '../test/helpers/random.ts';
import { Parameters } from './parameters.ts';
import { Trainer } from './trainer.ts';
import { SHORT_TRANSFORMER } from './transformer-recipe.ts';
import { createTransformerTask } from './transformer.ts';

const captions = [
  ...['a red heart', 'a blue heart', 'two red stars', 'a blue star on grass'],
  ...['three green apples', 'an apple in the rain', 'the moon', 'a moon and two stars'],
];
const tokenizer = trainBpe(captions, { vocabularySize: 60 });
const [cells, colours] = [16, 24];
const architecture: TransformerArchitecture = {
  ...paper(2, 3),
  ...{ dim: 48, head_size: 24, mlp_size: 192, text_length: 12, text_vocab: 60, image_vocab: colours, grid: [4, 4] },
  conv_kernel: 3,
};
const seed = 15;
const steps = 250;
const image = createRandom(seed).integers(captions.length * cells, 0, colours - 1);
const places = captions.map((caption, index) => ({ index, epoch: 0, caption }));

function weightsOf(numbers: ReadonlyMap<string, Float32Array>): WeightsOf<'transformer'> {
  const tensors = new Map<string, TensorData>();
  for (const [name, shape] of expectedTransformerTensors(architecture)) {
    tensors.set(name, { shape, dtype: 'F32', read: () => Promise.resolve(numbers.get(name)!) });
  }
  const source = { name: 'made by a test', bytes: 0, container: 'safetensors' };
  return { architecture, tensors, source, close: () => Promise.resolve() };
}

test('eight captions come back greedily', { timeout: 60_000 }, async () => {
  const device = openCpuTestDevice();
  const recipe = { ...SHORT_TRANSFORMER, captionDropout: 0.05 };
  const { task, initialWeights, inputsAt, rateAt } = createTransformerTask({
    architecture,
    tokenizer,
    batch: captions.length,
    recipe: {
      ...recipe,
      learningRate: { from: 4e-3, to: 1e-4, until: 1 },
      optimizer: { ...recipe.optimizer, averaging: 0.9 },
    },
  });
  const parameters: Parameters = new Parameters(task.specs, (track) => {
    if (track === 'weights' || track === 'average') return parameters.lay(initialWeights(seed));
    return new Float32Array(parameters.rows * 256);
  });
  const trainer = new Trainer(device, task, parameters);
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const batch = await inputsAt(
      places.map((place) => ({ ...place, epoch: step })),
      image,
      seed,
    );
    losses.push((await trainer.step(step, rateAt(step, steps), [batch])).reports['image']!);
  }
  // At first each token is as likely as any other.
  expect(Math.abs(losses[0]! - Math.log(colours))).toBeLessThan(0.3);
  const numbers = parameters.split((await trainer.read()).average);
  trainer.dispose();

  const transformer = new Transformer(weightsOf(numbers), { device });
  for (const [at, caption] of captions.entries()) {
    const { text } = await transformer.prepareText(tokenizer, caption);
    const decoding = await transformer.begin(text, 1);
    const drawn = [decoding.first.indexOf(Math.max(...decoding.first))];
    while (drawn.length < cells) drawn.push((await decoding.stepGreedy(Int32Array.of(drawn.at(-1)!))).tokens[0]!);
    decoding.dispose();
    expect(drawn, `${caption}, seed ${seed}`).toEqual([...image.subarray(at * cells, (at + 1) * cells)]);
  }
  await transformer.dispose();
});
