/** Cold processes answer, where the package is built; every round gives a time for each device. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { drawChart } from '../report/chart.ts';
import { addColdStarts, coldRowsOf, formatColdStarts, formatPackage } from '../report/cold-start.ts';
import { measureColdStarts, measurePackage } from './cold-start.ts';

const isBuilt = existsSync(new URL('../../dist/cli/main.js', import.meta.url));

test.runIf(isBuilt)(
  'a device is ready, and a picture is there',
  async () => {
    const starts = await measureColdStarts({ devices: ['egl'], threads: 1, isSmall: true, warmups: 1, minRounds: 2 });
    const rows = coldRowsOf(starts);
    expect(rows.map(({ what, device }) => [what, device])).toEqual([
      ['device ready', 'egl'],
      ['reconstruct', 'egl'],
    ]);
    for (const { wall } of rows) expect([wall.count >= 2, wall.min > 0]).toEqual([true, true]);
  },
  240_000,
);

test('rows tell how many times as fast the first device is', () => {
  const times = ['cpu', 'egl'].map((name, index) => ({
    name,
    wall: [1000, 1100].map((ms) => ms * (index + 1)),
    cpu: [],
  }));
  const rows = coldRowsOf([{ what: 'reconstruct', times }]);
  expect(rows.map(({ speedup }) => speedup?.paired)).toEqual([undefined, 2]);
  expect(formatColdStarts(rows)).toMatch(/reconstruct\s+egl\s+2100\s+2050–2150\s+2\s+2\.00\?\s+2\.00/);
  const empty = { title: '', subtitle: '', axis: '', groups: [] };
  expect(drawChart(addColdStarts(empty, rows))).toContain('reconstruct, egl');
});

test('the package is measured, and what of it is the CPU’s', async () => {
  const size = await measurePackage();
  expect(size.packed).toBeGreaterThan(1e6);
  expect(size.cpu.unpacked).toBeLessThan(size.unpacked);
  expect(formatPackage(size)).toMatch(/^package: \d+ kB packed/);
});
