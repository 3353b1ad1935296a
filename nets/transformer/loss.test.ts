/**
 * Training's logits against those of PyTorch, and so against inference: every family, every mask, on every kind of
 * device; and its losses by their definition.
 */
import { describe, expect, test } from 'vitest';
import { referenceDevice } from '../../engine/index.ts';
import type { Device } from '../../engine/index.ts';
import { compile } from '../../ops/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { transformerCases } from '../../test/helpers/transformer-golden.ts';
import type { TransformerCase } from '../../test/helpers/transformer-golden.ts';
import { netTensors } from '../weights.ts';
import { growTree } from '../weight-tree.ts';
import { imagePositions, textPositions } from './architecture.ts';
import { trainingLogits, transformerLoss } from './loss.ts';

const devices: [string, Device][] = [
  ['webgl', await openTestDevice()],
  ['cpu', openCpuTestDevice()],
  ['reference', referenceDevice],
];

type Results = Readonly<Record<'text' | 'image' | 'loss' | 'textLoss' | 'imageLoss', Float32Array>>;

async function compute(device: Device, given: TransformerCase, recomputes: boolean): Promise<Results> {
  const { architecture } = given;
  const weights = await given.open();
  const tree = growTree(netTensors(weights));
  const plan = compile(
    device,
    (tokens) => {
      const { text, image } = trainingLogits(architecture, tree, tokens, recomputes);
      const losses = transformerLoss(architecture, tree, tokens, recomputes);
      return { text, image, loss: losses.loss, textLoss: losses.text, imageLoss: losses.image };
    },
    {
      text: { shape: [2, textPositions(architecture)], dtype: 'i32' },
      image: { shape: [2, imagePositions(architecture)], dtype: 'i32' },
    },
  );
  const results = await plan.run({ text: given.text, image: given.image });
  plan.dispose();
  await weights.close();
  return results as unknown as Results;
}

/** −ln of the probability of each class, averaged. */
function meanLoss(logits: Float64Array, classes: readonly number[]): number {
  const width = logits.length / classes.length;
  const losses = classes.map((right, row) => {
    const line = logits.subarray(row * width, (row + 1) * width);
    const largest = Math.max(...line);
    return Math.log(line.reduce((sum, logit) => sum + Math.exp(logit - largest), 0)) + largest - line[right]!;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describe.each(devices)('on %s', (name, device) => {
  // What other families have differs by no op, and shaders take their time to compile.
  const few = ['paper-odd', 'malevich-wrap', 'dalle-pytorch-new'];
  const cases = transformerCases.filter((given) => name !== 'webgl' || few.includes(given.name));
  test.each(cases)('$name: the logits are those of inference', async (given) => {
    const { text, image, loss, textLoss, imageLoss } = await compute(device, given, given.name === 'paper-odd');
    const { name, errors, textLogits, imageLogits, architecture } = given;
    expectClose(text, textLogits, 16 * errors.textLogits.maxError, { label: `${name} text` });
    expectClose(image, imageLogits, 16 * errors.imageLogits.maxError, { label: `${name} image` });
    const words = textPositions(architecture);
    const next = [...given.text].filter((_, at) => at % words > 0);
    const wanted = { text: meanLoss(textLogits, next), image: meanLoss(imageLogits, [...given.image]) };
    const bound = 16 * Math.max(errors.textLogits.maxError, errors.imageLogits.maxError) + 2 ** -20 * wanted.image;
    expect(Math.abs(textLoss[0]! - wanted.text)).toBeLessThan(bound);
    expect(Math.abs(imageLoss[0]! - wanted.image)).toBeLessThan(bound);
    expect(Math.abs(loss[0]! - (wanted.text / 8 + (7 * wanted.image) / 8))).toBeLessThan(bound);
  });
});
