/** Where there is no slope, gradients are PyTorch's: at a kink, and where two numbers are the largest. */
import { expect, test } from 'vitest';
import { interpret, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { clamp, gradients, max, mul, relu, sum } from '../index.ts';

/** What x gets back, where the results' cotangents are 1, 2, 3, … */
async function passBack(f: (x: Tensor) => Tensor, x: Tensor): Promise<number[]> {
  const result = f(x);
  const size = result.shape.reduce((product, length) => product * length, 1);
  const cotangent = tensor(
    Float32Array.from({ length: size }, (_, at) => at + 1),
    result.shape,
  );
  const [found] = await interpret(gradients(sum(mul(result, cotangent)), [x]));
  return [...found!];
}

test('relu passes nothing at 0', async () => {
  expect(await passBack(relu, tensor([-1, 0, 2], [3]))).toEqual([0, 0, 3]);
});

test('clamp passes at its bounds what it passes between them', async () => {
  const x = tensor([-2, -1, 0, 3, 4], [5]);
  expect(await passBack((y) => clamp(y, -1, 3), x)).toEqual([0, 2, 3, 4, 0]);
});

test('a maximum passes to the first of equals, along one axis and along several', async () => {
  expect(await passBack((x) => max(x, [1]), tensor([5, 7, 7, 1, 1, 0], [2, 3]))).toEqual([0, 1, 0, 2, 0, 0]);
  const x = tensor([7, 7, 1, 7, 2, 2, 3, 3], [2, 2, 2]);
  expect(await passBack((y) => max(y, [0, 2]), x)).toEqual([1, 0, 0, 2, 0, 0, 0, 0]);
});
