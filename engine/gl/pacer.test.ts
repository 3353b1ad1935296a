/**
 * Draws cut into bands give the same numbers, a run lets others have their turn, and stops within a portion when asked.
 * No time is asserted: the tiny portion makes bands certain.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conv2d, standardRules, tensor } from '../../ops/index.ts';
import { openNodeContext } from '../context/node/open.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { WebGLDevice, compile, interpret } from '../index.ts';
import type { Compiled, Tensor } from '../index.ts';
import { chooseBand } from './pacer.ts';

const random = createRandom(1);
const x = random.integers(5 * 130 * 70, -8, 8);
const w = tensor(random.integers(6 * 5 * 9, -8, 8), [6, 5, 3, 3]);

async function compileInPortionsOf(
  portionMilliseconds: number,
): Promise<{ device: WebGLDevice; plan: Compiled<Tensor> }> {
  const device = new WebGLDevice(await openNodeContext({ source: 'egl' }), {
    portionMilliseconds,
    maxTextureSize: 128,
  });
  const plan = compile(
    device,
    ({ x }) => conv2d(conv2d(x, w), back),
    { x: [1, 5, 130, 70] },
    {
      rules: standardRules,
    },
  );
  return { device, plan };
}

const back = tensor(random.integers(5 * 6 * 9, -8, 8), [5, 6, 3, 3]);

test.each([
  { texels: 1e9, band: { width: 512, height: 700 }, what: 'all that is left' },
  { texels: 512 * 150, band: { width: 512, height: 128 }, what: 'whole squares' },
  { texels: 512 * 63, band: { width: 512, height: 60 }, what: 'whole stamps' },
  { texels: 512 * 4, band: { width: 512, height: 4 }, what: 'one row of stamps' },
  { texels: 512 * 3, band: { width: 384, height: 4 }, what: 'a part of such a row, squares across' },
  { texels: 0.5, band: { width: 128, height: 4 }, what: 'never less than two threads can share' },
])('a band takes $what', ({ texels, band }) => {
  expect(chooseBand({ width: 512, height: 700 }, texels)).toEqual(band);
});

test('a band lies within what is left, and is not empty', () => {
  const sizes = fc.integer({ min: 1, max: 4096 });
  const check = (width: number, height: number, texels: number): void => {
    const band = chooseBand({ width, height }, texels);
    expect(band.width >= 1 && band.width <= width && band.height >= 1 && band.height <= height).toBe(true);
  };
  fc.assert(fc.property(sizes, sizes, fc.double({ min: 0, max: 1e8, noNaN: true }), check), { seed: 4 });
});

test('bands of any size give the same numbers', async () => {
  const graph = conv2d(conv2d(tensor(x, [1, 5, 130, 70]), w), back);
  const [expected] = await interpret([graph]);
  for (const portion of [0.001, 0.1, 1000]) {
    const { device, plan } = await compileInPortionsOf(portion);
    expect([...(await plan.run({ x }))]).toEqual([...expected!]);
    device.dispose();
  }
});

test('rows of texels that are cut give the same numbers', async () => {
  const wide = tensor(random.integers(4 * 96 * 200, -8, 8), [1, 4, 96, 200]);
  const graph = conv2d(wide, tensor(random.integers(64 * 4, -8, 8), [64, 4, 1, 1]));
  const [expected] = await interpret([graph]);
  const device = new WebGLDevice(await openNodeContext({ source: 'egl' }), { portionMilliseconds: 0.001 });
  const plan = compile(device, () => graph, {}, { rules: standardRules });
  const { slots, outputs } = plan.draws!;
  expect(slots[outputs[0]!]!.layout.texture.width).toBeGreaterThan(128);
  const result = await plan.run({});
  // a list of a million differences takes hours
  expect(result.findIndex((value, i) => value !== expected![i])).toBe(-1);
  device.dispose();
});

test('a run lets timers fire between its portions', async () => {
  const { device, plan } = await compileInPortionsOf(0.001);
  await plan.prepare();
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await plan.run({ x });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(1);
  device.dispose();
});

test('a run stops in the middle of a pass when asked', async () => {
  const { device, plan } = await compileInPortionsOf(0.001);
  await plan.prepare();
  const controller = new AbortController();
  const started: number[] = [];
  const running = plan.run({ x }, { signal: controller.signal, onProgress: ({ done }) => void started.push(done) });
  setTimeout(() => controller.abort(), 0);
  await expect(running).rejects.toMatchObject({ code: 'E_ABORTED' });
  expect(started).toEqual([0]);
  expect(device.gpu.textures.ledger().passingBytes).toBe(0);
  device.dispose();
});

test('runs of two plans on one device may overlap', async () => {
  const { device, plan } = await compileInPortionsOf(0.001);
  const [alone] = [await plan.run({ x })];
  const [first, second] = await Promise.all([plan.run({ x }), plan.run({ x })]);
  expect(first).toEqual(alone);
  expect(second).toEqual(alone);
  device.dispose();
});
