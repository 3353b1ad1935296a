/** uniform: what it draws stands where it stands, alone or among others, and is spread evenly between 0 and 1. */
import { expect, test } from 'vitest';
import { philox } from '../../base/philox.ts';
import { interpret, run, tensor } from '../../engine/index.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { uniform } from './uniform.ts';

const streamOf = (seed: number, step: number) =>
  tensor([seed & 0xffff, seed >>> 16, step & 0xffff, step >>> 16], [4], 'i32');
const samplesOf = (...numbers: number[]) => tensor(numbers, [numbers.length], 'i32');

test('by hand: the generator of draws, of element, sample, use and step', async () => {
  const [numbers] = await interpret([uniform(streamOf(0x80000001, 5), samplesOf(9), { use: 2, shape: [3] })]);
  const words = [0, 1, 2].map((element) => philox([element, 9, 2, 5], [0x80000001, 0])[0]!);
  expect([...numbers!]).toEqual(words.map((word) => ((word >>> 9) + 0.5) / 2 ** 23));
});

test('a sample has the same numbers in any batch, and others at another step, seed and use', async () => {
  for (const device of [await openTestDevice(), openCpuTestDevice()]) {
    const draw = (seed: number, step: number, numbers: number[], use = 1) =>
      run(device, uniform(streamOf(seed, step), samplesOf(...numbers), { use, shape: [6, 5, 3] }), { rules: [] });
    const batch = await draw(1, 2, [4, 8, 6]);
    expect(await draw(1, 2, [8])).toEqual(batch.slice(90, 180));
    const others = await Promise.all([draw(2, 2, [8]), draw(1, 3, [8]), draw(1, 2, [8], 2), draw(1, 2, [9])]);
    for (const other of others) expect(other).not.toEqual(batch.slice(90, 180));
  }
});

test('numbers are between 0 and 1, and even', async () => {
  const graph = uniform(streamOf(7, 0), samplesOf(0, 1), { use: 0, shape: [256, 256] });
  const numbers = await run(openCpuTestDevice(), graph, { rules: [] });
  expect(numbers.every((value) => value > 0 && value < 1)).toBe(true);
  const counts = new Array<number>(16).fill(0);
  for (const value of numbers) counts[Math.floor(value * 16)]!++;
  const expected = numbers.length / 16;
  // χ² of 15 degrees of freedom is above 45 once in ten thousand seeds; this seed is one of the others.
  expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(45);
});

test('says what is wrong', () => {
  const stream = streamOf(1, 1);
  expect(() => uniform(tensor([1], [1], 'i32'), samplesOf(1), { use: 0, shape: [2] })).toThrow(/stream i32 \[4\]/);
  expect(() => uniform(stream, tensor([1], [1]), { use: 0, shape: [2] })).toThrow(/samples i32 \[B\]/);
  expect(() => uniform(stream, samplesOf(1), { use: -1, shape: [2] })).toThrow(/use must be a whole number/);
  expect(() => uniform(stream, samplesOf(1), { use: 0, shape: [] })).toThrow(/one to three axes/);
});
