/** Rows of the hash suite: what is added is taken within rounds. */
import { expect, test } from 'vitest';
import { drawChart } from './chart.ts';
import { chartHashes, formatHashes, hashRowsOf } from './hash.ts';

const circumstances = { date: '2026-11-23', renderer: 'test', node: 'v20', cpu: 'test', cores: 2, load: 0 };

test('what a hash adds is the median of differences within rounds', () => {
  const bare = { wall: [1000, 9000, 2000], cpu: [500, 500, 400] };
  const rows = hashRowsOf([
    { where: 'Node', what: 'without', bytes: 5e8, ...bare },
    { where: 'Node', what: 'first', bytes: 5e8, wall: [1500, 9400, 2600], cpu: [700, 600, 700], bare },
  ]);
  expect(rows.map(({ added }) => added)).toEqual([
    undefined,
    { wallPerGB: 1, cpuPerGB: 0.4, percent: 25, cpuPercent: 40 },
  ]);
  expect(formatHashes(rows)).toMatch(/Node: first\s+500\s+2\.60.+1\.00\s+0\.40\s+25\.0\s+40\.0/);
  expect(drawChart(chartHashes(rows, circumstances))).toContain('Node: first');
});
