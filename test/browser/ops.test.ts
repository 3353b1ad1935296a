/**
 * Every op in Chromium, with all the render targets that the probe finds, in strips and in blocks, and with one,
 * against its float64 loop.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { WebGLDevice, run } from '../../engine/index.ts';
import { openBrowserContext } from '../../engine/context/browser.ts';
import * as ops from '../../ops/index.ts';
import { checkCase } from '../helpers/check-case.ts';
import { titledCases } from '../helpers/op-cases.ts';

const source = openBrowserContext();
const sharing = { ...source, dispose() {} };
const devices = [
  { name: 'all render targets', device: new WebGLDevice(sharing) },
  { name: 'one render target', device: new WebGLDevice(sharing, { targets: 1 }) },
  { name: 'in blocks', device: new WebGLDevice(sharing, { block: 'block' }) },
];
afterAll(() => {
  for (const { device } of devices) device.dispose();
  source.dispose();
});

test('the probe finds several render targets and true fp32', () => {
  const { probes, targets } = devices[0]!.device;
  expect(probes).toMatchObject({ float32: true, integers: true });
  expect(targets).toBeGreaterThan(1);
});

/** SwiftShader draws ±Infinity into a half texture as NaN, by any shader; elsewhere it must stay Infinity. */
test.each(devices)('castToHalf of what no half holds is not finite, $name', async ({ device }) => {
  const result = await run(device, ops.castToHalf(ops.tensor([65520, -65520, 1e38, -Infinity, 65519], [5])), {
    rules: [],
  });
  expect([...result].map(Number.isFinite)).toEqual([false, false, false, false, true]);
});

describe.each(devices)('$name', ({ device }) => {
  test.each(titledCases)('$title', async ({ given }) => {
    await checkCase(device, given);
    expect(device.gpu.textures.ledger().liveTextures).toBe(0);
  });
});
