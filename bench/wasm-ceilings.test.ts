/** The loops do what they claim: their sums are known, and all threads answer. No time is asserted. */
import { expect, test } from 'vitest';
import { createMultiplyAddProbe, createStreamProbe } from './wasm-ceilings.ts';

test('multiply-adds end where ½ x + ¼ does, on every thread', async () => {
  const { contender, tell } = await createMultiplyAddProbe(2);
  expect(await contender.run()).toEqual([6, 6]); // twelve sums of ½
  expect(tell({ name: '', wall: [10, 20, 30], cpu: [] })).toMatchObject({
    perSecond: (2 * 250e3 * 4 * 12 * 8) / 20e6,
    threads: 2,
  });
  contender.dispose();
});

test('the stream reads every number once', async () => {
  const { contender, tell } = await createStreamProbe(3);
  const [first, ...others] = Array.from(await contender.run());
  expect(others).toEqual([first, first]);
  const share = Math.ceil(2 ** 28 / 3 / 2 ** 16) * 2 ** 16;
  expect(first).toBe(12 * Math.floor(share / 192)); // one lane of each vector, but for a tail below 192 bytes
  expect(tell({ name: '', wall: [100], cpu: [150] }).perSecond).toBeCloseTo((3 * share) / 1e8);
  contender.dispose();
});
