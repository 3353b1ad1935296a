/**
 * Every op in Chromium, with all the render targets that the probe finds, in strips and in blocks, and with one, against
 * its float64 loop; and that no op of ops/index.ts is forgotten here.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { WebGLDevice, interpret, run, sortTopologically } from '../../engine/index.ts';
import { openBrowserContext } from '../../engine/context/browser.ts';
import * as ops from '../../ops/index.ts';
import { expectClose } from '../helpers/close.ts';
import { expectIdenticalToReference } from '../helpers/identical.ts';
import { OTHER_EXPORTS, opCases, type OpCase } from './op-cases.ts';

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

test('every op that ops/index.ts exports has a case here', () => {
  expect([...Object.keys(opCases), ...OTHER_EXPORTS].sort()).toEqual(Object.keys(ops).sort());
  for (const [name, cases] of Object.entries(opCases)) {
    const opName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const { result } of cases) {
      expect(sortTopologically([result]).map(({ op }) => op.name)).toContain(opName);
    }
  }
});

/** SwiftShader draws ±Infinity into a half texture as NaN, by any shader; elsewhere it must stay Infinity. */
test.each(devices)('castToHalf of what no half holds is not finite, $name', async ({ device }) => {
  const result = await run(device, ops.castToHalf(ops.tensor([65520, -65520, 1e38, -Infinity, 65519], [5])), {
    rules: [],
  });
  expect([...result].map(Number.isFinite)).toEqual([false, false, false, false, true]);
});

async function checkCase(device: WebGLDevice, { result, rules = [], bound }: OpCase): Promise<void> {
  if (rules.length === 0 && bound === undefined) return expectIdenticalToReference(device, result);
  const [expected] = await interpret([result]);
  const boundAt = (index: number): number => bound?.(expected![index]!) ?? 0;
  expectClose(await run(device, result, { rules }), expected!, boundAt, { shape: result.shape });
}

describe.each(devices)('$name', ({ device }) => {
  const cases = Object.entries(opCases).flatMap(([name, list]) =>
    list.map((given) => ({ title: given.title === undefined ? name : `${name}, ${given.title}`, given })),
  );
  test.each(cases)('$title', async ({ given }) => {
    await checkCase(device, given);
    expect(device.textures.ledger().liveTextures).toBe(0);
  });
});
