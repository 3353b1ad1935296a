/**
 * The sizes suite on a real context with a tiny net: every shape takes its turn; rows and plot say what was measured.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNodeContext } from '../../engine/context/node/open.ts';
import { WebGLDevice } from '../../engine/index.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../nets/dvae/architecture.ts';
import { drawPlot } from '../report/plot.ts';
import { formatSizes, plotSizes, sizeRowsOf } from '../report/sizes.ts';
import { measureSizes, sizedNets } from './sizes.ts';
import type { SizedNet, SizeResult } from './sizes.ts';

const tiny = { n_hid: 4, n_blk_per_group: 1, vocab_size: 16 };
const net: SizedNet = {
  name: 'tiny',
  encode: { ...OFFICIAL_ENCODER, ...tiny },
  decode: { ...OFFICIAL_DECODER, ...tiny, n_init: 4 },
  shapes: [
    { batch: 1, side: 8 },
    { batch: 1, side: 16 },
    { batch: 3, side: 8 },
  ],
};
const circumstances = { date: '2026-11-23', renderer: 'test', node: 'v20', cpu: 'test', cores: 2, load: 0 };
let device: WebGLDevice;

beforeAll(async () => {
  device = new WebGLDevice(await openNodeContext());
});
afterAll(() => device.dispose());

test('every shape of a half runs in every round, and its work grows with its pixels', async () => {
  const results = await measureSizes(device, net, { minRounds: 2 });
  expect(results.map(({ half, batch, side }) => `${half} ${batch} × ${side}²`)).toEqual(
    ['encode', 'decode'].flatMap((half) => [`${half} 1 × 8²`, `${half} 1 × 16²`, `${half} 3 × 8²`]),
  );
  for (const { wall, cpu } of results)
    expect([wall.length, cpu.length]).toEqual([results[0]!.wall.length, wall.length]);
  const [small, large, three] = results.map(({ macs }) => macs) as [number, number, number];
  expect([large / small, three / small]).toEqual([4, 3]);
  expect(results.every(({ textureBytes }) => textureBytes > 0)).toBe(true);
  expect(device.gpu.textures.ledger().liveTextures).toBe(0);
});

/**
 * A machine on which each pixel takes 1000 ns, but at 512² twice that; every second round everything takes thrice as
 * long.
 */
const made: readonly SizeResult[] = [
  { batch: 1, side: 128 },
  { batch: 1, side: 256 },
  { batch: 1, side: 512 },
  { batch: 2, side: 128 },
].map(({ batch, side }) => {
  const time = (batch * side ** 2 * (side === 512 ? 2000 : 1000)) / 1e6;
  const wall = [time, 3 * time, time];
  const cpu = wall.map((value) => (side === 512 ? 3 : 2) * value);
  return { net: 'made', half: 'encode', batch, side, macs: 1e9, textureBytes: 2 ** 20, wall, cpu };
});

test('time per pixel is of all pictures of a batch, and compared within rounds', () => {
  const rows = sizeRowsOf(made);
  rows.forEach(({ nanosecondsPerPixel, perPixelToReference, cpuPerPixelToReference }, index) => {
    expect(nanosecondsPerPixel).toBeCloseTo(index === 2 ? 2000 : 1000, 6);
    expect(perPixelToReference).toBeCloseTo(index === 2 ? 2 : 1, 9);
    expect(cpuPerPixelToReference).toBeCloseTo(index === 2 ? 3 : 1, 9);
  });
  expect(formatSizes(rows).split('\n')).toHaveLength(2 + rows.length);
});

test('pictures and batches are lines of the plot, batches from the single picture of their size', () => {
  const { lines } = plotSizes(sizeRowsOf(made), circumstances);
  expect(lines.map(({ name }) => name)).toEqual(['made, encode, one picture', 'made, encode, batches at 128²']);
  expect(lines.map(({ points }) => points.map(({ label }) => label))).toEqual([
    ['128²', '256²', '512²'],
    ['128²', '2 × 128²'],
  ]);
  expect(lines[1]!.points.map(({ x }) => x)).toEqual([128 ** 2, 2 * 128 ** 2]);
  expect(lines[0]!.guide).toBeCloseTo(1e-6, 12);
});

test('what is proportional lies on its guide, and text cannot break the plot', () => {
  const points = [1, 4, 16].map((x) => ({ x, y: x / 2, low: x / 2, high: x / 2, label: `"${x}"` }));
  const lines = [{ name: 'a<b', points, guide: 0.5 }];
  const svg = drawPlot({ title: 'x & y', subtitle: '', x: '', y: '', lines });
  expect(svg).toContain('a&lt;b');
  expect(svg).not.toMatch(/NaN|Infinity/);
  const [x1, y1, x2, y2] = /M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" stroke="#999"/.exec(svg)!.slice(1).map(Number);
  const circles = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, ...at]) => at.map(Number));
  expect([circles[0], circles[2]]).toEqual([
    [x1, y1],
    [x2, y2],
  ]);
  expect(circles[1]![0]).toBeCloseTo((x1! + x2!) / 2, 0);
  expect(circles[1]![1]).toBeCloseTo((y1! + y2!) / 2, 0);
});

test('what the command measures has what the report compares with', () => {
  for (const { shapes } of sizedNets) {
    expect(shapes).toContainEqual({ batch: 1, side: 256 });
    expect(new Set(shapes.map(({ batch, side }) => `${batch} × ${side}`)).size).toBe(shapes.length);
  }
});
