/** Rows of the start-up suite: both halves, then the two of a round together. */
import { expect, test } from 'vitest';
import { drawChart } from './chart.ts';
import { chartStartUp, formatStartUp, startUpRowsOf } from './start-up.ts';

const circumstances = { date: '2026-11-23', renderer: 'test', node: 'v20', cpu: 'test', cores: 2, load: 0 };

test('halves of a round are added before the median is taken', () => {
  const rows = startUpRowsOf([
    { half: 'encode', programs: 20, compile: [1000, 3000, 2000], upload: [500, 500, 600] },
    { half: 'decode', programs: 30, compile: [2000, 100, 1000], upload: [400, 600, 500] },
  ]);
  expect(rows.map(({ what, programs, compile, upload }) => [what, programs, compile.median, upload.median])).toEqual([
    ['encode', 20, 2000, 500],
    ['decode', 30, 1000, 500],
    ['both', 50, 3000, 1100],
  ]);
  expect(formatStartUp(rows)).toMatch(/both\s+50\s+3\.00/);
  expect(drawChart(chartStartUp(rows, circumstances))).toContain('both, 50 programs');
});
