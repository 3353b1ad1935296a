/**
 * The way back through convolutions as devices run it: which kernels it gets where weights are states, whole numbers to
 * the bit on every device, and what nets of pictures have beside convolutions.
 */
import { describe, expect, test } from 'vitest';
import { State, interpret, placeholder, rewrite, sizeOf, sortTopologically, tensor } from '../../engine/index.ts';
import type { Device, Rule, Tensor } from '../../engine/index.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { compile, gradients } from '../index.ts';
import { add, conv2d, groupNorm, maxPool2d, mul, pixelShuffle, relu, scaleAdd } from '../index.ts';
import { standardRules, stridedConv2d, sum, upsampleNearest2d } from '../index.ts';
import { cpuRules } from '../rewrite/standard-rules.ts';

type Weight = (name: string, ...shape: number[]) => Tensor;

/** A group of an encoder and one of a decoder, and the gradients of all that is theirs. */
function trainBlocks(x: Tensor, channels: number, weight: Weight): Tensor[] {
  const weights: Tensor[] = [];
  const convolve = (map: Tensor, name: string, outputs: number, side: number): Tensor => {
    const [w, b] = [weight(name, outputs, map.shape[1]!, side, side), weight(`${name}.b`, outputs)];
    weights.push(w, b);
    return conv2d(map, w, b);
  };
  const hidden = channels / 2;
  const addBlock = (map: Tensor, name: string, sides: readonly [number, number]): Tensor => {
    const first = convolve(relu(map), `${name}.1`, hidden, sides[0]);
    return scaleAdd(
      convolve(map, `${name}.id`, channels, 1),
      convolve(relu(first), `${name}.2`, channels, sides[1]),
      0.5,
    );
  };
  const pooled = maxPool2d(addBlock(convolve(x, 'in', channels, 7), 'encoder', [3, 1]));
  const wide = upsampleNearest2d(pooled);
  const result = convolve(relu(addBlock(wide, 'decoder', [1, 3])), 'out', 3, 1);
  return gradients(sum(mul(result, result)), weights);
}

const namesOf = (outputs: readonly Tensor[]): string[] => sortTopologically(outputs).map(({ op }) => op.name);
const countOf = (names: readonly string[], wanted: string): number => names.filter((name) => name === wanted).length;

describe('of weights that are states', () => {
  const x = placeholder('x', { shape: [2, 3, 32, 32], dtype: 'f32' });
  const results = trainBlocks(x, 32, (name, ...shape) => new State(name, { shape, dtype: 'f32' }).tensor);
  // Of all maps two are enlarged, of half the channels: before a 3×3 convolution, where ReLU ran on the small map, and
  // as the mask of what comes back from it.
  const narrowMaps = [1, 2];
  const plainly = ['conv2d', 'conv2d_by_weight', 'relu', 'upsample_nearest2d'];

  test('the CPU convolves by its fast kernels, and clips maps as it reads them', () => {
    const names = namesOf(rewrite(results, cpuRules).outputs);
    // By their weights five of 1×1 and the one of 7×7; both of 3×3 by Winograd, there and back and by their weights.
    expect(plainly.map((name) => countOf(names, name))).toEqual([0, 6, ...narrowMaps]);
    expect(['winograd_by_weight', 'winograd_conv2d', 'pack_winograd'].map((name) => countOf(names, name))).toEqual([
      2, 4, 4,
    ]);
  });

  test('WebGL does so too, and sums over pixels in parts', () => {
    const names = namesOf(rewrite(results, standardRules).outputs);
    expect(plainly.map((name) => countOf(names, name))).toEqual([0, 0, ...narrowMaps]);
    expect(['conv2d_by_weight_parts', 'sum_weight_parts'].map((name) => countOf(names, name))).toEqual([8, 8]);
  });
});

/** All of them in one plan. */
async function runTogether(
  device: Device,
  results: readonly Tensor[],
  rules?: readonly Rule[],
): Promise<ArrayLike<number>[]> {
  using plan = compile(
    device,
    () => Object.fromEntries(results.map((result, at) => [`${at}`, result])),
    {},
    { ...(rules && { rules }) },
  );
  const found = await plan.run({});
  return results.map((_, at) => found[`${at}`]!);
}

/** The rules of the device but for those that round otherwise. */
const exactRules = (device: Device): Rule[] =>
  (device.kind === 'cpu' ? cpuRules : standardRules).filter(({ name }) => !name.startsWith('winograd'));

test('whole numbers are exact on both devices, all rules or none', async () => {
  const random = createRandom(8);
  const whole: Weight = (_name, ...shape) => tensor(random.integers(sizeOf(shape), -1, 1), shape);
  const sparse = Float32Array.from({ length: 3 * 80 }, (_, at) => (at % 17 === 0 ? 2 : 0));
  const results = trainBlocks(tensor(sparse, [1, 3, 8, 10]), 4, whole);
  const expected = await interpret(results);
  for (const device of [openCpuTestDevice(), await openTestDevice()]) {
    for (const rules of [exactRules(device), []]) {
      const found = await runTogether(device, results, rules);
      found.forEach((numbers, at) => expect(Array.from(numbers), `${device.kind}, ${at}`).toEqual([...expected[at]!]));
    }
  }
});

test('norms, strides and shuffled pixels pass back on both devices what the reference says', async () => {
  const random = createRandom(9);
  const draw = (...shape: number[]): Tensor => tensor(random.gaussians(sizeOf(shape)), shape);
  const [x, w, v, gain, shift] = [draw(2, 6, 9, 12), draw(16, 6, 4, 3), draw(4, 4, 3, 3), draw(6), draw(6)];
  const normed = groupNorm(x, gain, shift, { groups: 3 });
  const half = stridedConv2d(normed, w, undefined, { stride: 2, padding: [1, 0, 2, 1] }); // [2, 16, 5, 6]
  const wide = conv2d(pixelShuffle(half), v); // [2, 4, 10, 12]
  const results = gradients(sum(mul(wide, add(wide, draw(2, 4, 10, 12)))), [v, w, x, gain, shift]);
  const expected = await interpret(results);
  const norm = (numbers: ArrayLike<number>): number => Math.hypot(...Array.from(numbers));
  for (const device of [openCpuTestDevice(), await openTestDevice()]) {
    for (const [at, actual] of (await runTogether(device, results)).entries()) {
      const difference = Array.from(actual, (value, i) => value - expected[at]![i]!);
      expect(norm(difference) / norm(expected[at]!), `${device.kind}, ${at}`).toBeLessThan(4e-6);
    }
  }
});
