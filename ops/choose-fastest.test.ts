/** The choice by time, on times that are made up. */
import { expect, test } from 'vitest';
import { chooseFrom } from './choose-fastest.ts';

/** Times of each measurement of a candidate in turn, the last again for more; what was measured, and the choice. */
async function choose(
  times: Readonly<Record<string, readonly number[]>>,
  mostMeasurements = Infinity,
): Promise<{ chosen: string; measured: string }> {
  const measured: string[] = [];
  const names = Object.keys(times) as [string, ...string[]];
  const chosen = await chooseFrom(names, async (name) => {
    if (measured.length === mostMeasurements) return undefined;
    const before = measured.filter((other) => other === name).length;
    measured.push(name);
    return times[name]!.slice(0, before + 1).at(-1)!;
  });
  return { chosen, measured: measured.join('') };
}

test('the fastest is chosen, whatever the order', async () => {
  expect(await choose({ a: [10], b: [5], c: [7] })).toMatchObject({ chosen: 'b' });
  expect(await choose({ a: [10], b: [7], c: [5] })).toMatchObject({ chosen: 'c' });
  expect(await choose({ a: [5], b: [7], c: [10] })).toEqual({ chosen: 'a', measured: 'abc' });
});

test('the default is only left for a clear win', async () => {
  expect(await choose({ a: [10], b: [9.2] })).toMatchObject({ chosen: 'a' });
  expect(await choose({ a: [10], b: [9] })).toMatchObject({ chosen: 'b' });
  expect(await choose({ a: [0], b: [0] })).toMatchObject({ chosen: 'a' });
});

test('a default that was held up once is not left', async () => {
  expect(await choose({ a: [50, 10], b: [10] })).toEqual({ chosen: 'a', measured: 'aba' });
  expect(await choose({ a: [10, 50], b: [9.5] })).toEqual({ chosen: 'a', measured: 'ab' });
});

test('what there is no time for is not chosen', async () => {
  const times = { a: [10], b: [5], c: [1] };
  expect(await choose(times, 0)).toEqual({ chosen: 'a', measured: '' });
  expect(await choose(times, 1)).toEqual({ chosen: 'a', measured: 'a' });
  expect(await choose(times, 2)).toEqual({ chosen: 'a', measured: 'ab' }); // not seen twice
  expect(await choose(times, 3)).toEqual({ chosen: 'b', measured: 'aba' });
});

test('one candidate needs no time', async () => {
  expect(await choose({ a: [10] })).toEqual({ chosen: 'a', measured: '' });
});

test('a candidate is told the best time so far', async () => {
  const told: number[] = [];
  await chooseFrom([8, 4, 6], async (time, best) => {
    told.push(best);
    return time;
  });
  expect(told).toEqual([Infinity, 8, Infinity, 4]);
});
