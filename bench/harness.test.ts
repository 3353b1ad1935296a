/** The harness takes turns, counts rounds, passes failures on; statistics equal NumPy's; charts are well-formed. */
import { expect, test } from 'vitest';
import { compareTimes, interleave } from './harness.ts';
import type { Contender } from './harness.ts';
import { drawChart } from './report/chart.ts';
import { formatTable } from './report/table.ts';
import { median, pairedSpeedup, quantile, summarize } from './statistics.ts';

function contender(name: string, log: string[], fail?: () => void): Contender {
  return {
    name,
    async run() {
      await undefined;
      fail?.();
      log.push(name);
      return [0];
    },
    dispose() {},
  };
}

test('every round runs every contender once, and who begins turns', async () => {
  const log: string[] = [];
  const contenders = ['a', 'b', 'c'].map((name) => contender(name, log));
  const times = await interleave(contenders, { warmups: 1, minRounds: 4, moreSeconds: 0 });
  expect(times.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  const rounds = times[0]!.wall.length;
  expect(rounds).toBeGreaterThanOrEqual(4);
  for (const { wall, cpu } of times) {
    expect([wall.length, cpu.length]).toEqual([rounds, rounds]);
    expect(wall.every((time) => time >= 0 && Number.isFinite(time))).toBe(true);
  }
  expect(log.slice(0, 12).join('')).toBe('abc' + 'abc' + 'bca' + 'cab');
  expect(log).toHaveLength(3 * (rounds + 1));
});

test('a contender that fails ends the measurement with its error', async () => {
  let runs = 0;
  const failing = contender('x', [], () => {
    if (++runs > 3) throw new Error('context lost');
  });
  await expect(interleave([failing], { warmups: 1, minRounds: 50 })).rejects.toThrow('context lost');
  expect(runs).toBeLessThan(10);
});

test('quantiles are those of NumPy', () => {
  const samples = [9, 1, 4, 4, 7, 30];
  expect(summarize(samples)).toEqual({ count: 6, min: 1, lowerQuartile: 4, median: 5.5, upperQuartile: 8.5 });
  expect(quantile(samples, 0.9)).toBeCloseTo(19.5, 12);
  expect(median([3])).toBe(3);
  expect(() => median([])).toThrow(RangeError);
});

test('a paired speed-up does not see what slows both', () => {
  const slowdowns = [1, 3, 1, 8, 2];
  expect(
    pairedSpeedup(
      slowdowns.map((slow) => 10 * slow),
      slowdowns.map((slow) => 45 * slow),
    ),
  ).toBe(4.5);
  expect(() => pairedSpeedup([1], [1, 2])).toThrow(RangeError);
});

test('only times that differ by more than chance are called different', () => {
  const fast = [10, 11, 10.5, 10.2, 11.3, 10.8, 10.1];
  const slow = fast.map((time) => time * 2);
  expect(Math.abs(compareTimes(fast, slow))).toBe(1);
  expect(compareTimes(fast, slow)).toBe(-compareTimes(slow, fast));
  expect(compareTimes(fast, [...fast].reverse())).toBe(0);
  expect(compareTimes(fast.slice(0, 3), slow.slice(0, 3))).toBe(0);
  expect(compareTimes(fast.slice(0, 4), slow.slice(0, 4))).not.toBe(0);
});

test('a table lines up', () => {
  const lines = formatTable([
    ['name', 'ms'],
    ['matmul', '1.5'],
    ['c', '123.0'],
  ]).split('\n');
  expect(lines).toEqual(['name       ms', '------  -----', 'matmul    1.5', 'c       123.0']);
});

test('a chart holds every bar, and text cannot break it', () => {
  const bars = [
    { series: 'a<b', value: 2, low: 1, high: 3 },
    { series: 'c', value: 4, low: 4, high: 4 },
  ];
  const svg = drawChart({ title: 'x & y', subtitle: '', axis: '', groups: [{ label: '"1"', bars }] });
  expect(svg).toContain('x &amp; y');
  expect(svg).toContain('a&lt;b');
  expect(svg).not.toContain('NaN');
  expect(svg.match(/height="12" fill="#0072b2"/g)).toHaveLength(2); // a bar and its entry in the legend
  expect(Number(/width="([\d.]+)" height="12" fill="#e69f00"\/><path/.exec(svg)?.[1])).toBe(660); // the longest bar
});
