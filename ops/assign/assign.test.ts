/** A State that is given all its numbers anew: any type, on every device variant, and in the reference. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { State, compile, placeholder, referenceDevice } from '../../engine/index.ts';
import type { Device } from '../../engine/index.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds, shapesFromRank } from '../../test/helpers/shapes.ts';
import { sizeOf } from '../../engine/index.ts';
import { assign, castToHalf, relu } from '../index.ts';

const cases = fc.record({ shape: shapesFromRank(0), seed: seeds });

async function expectAssigned(
  device: Device,
  { shape, seed }: { shape: readonly number[]; seed: number },
): Promise<void> {
  const random = createRandom(seed);
  const state = new State('s', { shape, dtype: 'f32' });
  const write = compile(device, ({ x }) => assign(state, x), { x: shape }, { rules: [] });
  const read = compile(device, () => relu(state.tensor), {}, { rules: [] });
  try {
    for (let round = 0; round < 2; round++) {
      const x = random.integers(sizeOf(shape), -4095, 4095);
      const before = state.version;
      expect(await write.run({ x })).toEqual(Float32Array.from(x));
      expect(state.version).toBeGreaterThan(before);
      expect(await read.run({})).toEqual(Float32Array.from(x, (value) => Math.max(value, 0)));
    }
  } finally {
    write.dispose();
    read.dispose();
    state.dispose();
  }
}

test('other plans read what was assigned, on every variant and in the reference', async () => {
  await checkOnEveryVariant(cases, expectAssigned);
  await expectAssigned(referenceDevice, { shape: [2, 5, 3, 7], seed: 1 });
});

test('a value of another type is refused, and what is no State', () => {
  const state = new State('s', { shape: [2, 3], dtype: 'f32' });
  const x = placeholder('x', { shape: [3, 2], dtype: 'f32' });
  expect(() => assign(state, x)).toThrow(/the state is f32 \[2, 3\], the value f32 \[3, 2\]/);
  expect(() => assign(state, castToHalf(placeholder('y', { shape: [2, 3], dtype: 'f32' })))).toThrow(/f16/);
  expect(() => assign(x as never, x)).toThrow(/a State/);
});
