/** In Chromium: both nets and the probes stand in one page, on SwiftShader, and a turn given here is run there. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findChromium } from '../../test/browser/chromium.ts';
import { ceilingsOf } from '../ceilings.ts';
import { interleave } from '../harness.ts';
import { openStage } from './open-stage.ts';
import type { RemoteStage } from './open-stage.ts';

const executable = findChromium();
let stage: RemoteStage | undefined;

beforeAll(async () => {
  if (executable !== undefined) stage = await openStage('decode');
}, 120_000);
afterAll(() => stage?.close());

test.skipIf(executable === undefined)('the page has our net, the port and three probes', () => {
  const { renderer, nets, probes } = stage!;
  expect(renderer).toMatch(/^Chromium [\d.]+, .*SwiftShader/);
  expect(nets.map(({ name }) => name)).toEqual(['dalle-gl', 'dalle-tfjs (4.22.0)']);
  expect(nets[0]!.cost!.macs).toBeGreaterThan(1e11);
  expect(probes).toHaveLength(3);
});

test.skipIf(executable === undefined)('the harness here times what runs there', async () => {
  const times = await interleave(stage!.probes, { warmups: 1, minRounds: 2, moreSeconds: 0 });
  expect(times.map(({ wall, cpu }) => [wall.length >= 2, cpu.length])).toEqual([
    [true, 0],
    [true, 0],
    [true, 0],
  ]);
  expect(ceilingsOf(times).fmaGflops).toBeGreaterThan(0);
});
