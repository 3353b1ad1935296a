/**
 * Draws cut into bands give the same numbers, a run lets others have their turn, and stops within a portion when asked.
 * No time is asserted: the tiny portion makes bands certain.
 */
import { expect, test } from 'vitest';
import { conv2d, standardRules, tensor } from '../../ops/index.ts';
import { openNodeContext } from '../context/node/open.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { Device, compile, interpret } from '../index.ts';
import type { Compiled, Tensor } from '../index.ts';

const random = createRandom(1);
const x = random.integers(5 * 130 * 70, -8, 8);
const w = tensor(random.integers(6 * 5 * 9, -8, 8), [6, 5, 3, 3]);

async function compileInPortionsOf(portionMilliseconds: number): Promise<{ device: Device; plan: Compiled<Tensor> }> {
  const device = new Device(await openNodeContext({ source: 'egl' }), { portionMilliseconds, maxTextureSize: 128 });
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

test('bands of any height give the same numbers', async () => {
  const graph = conv2d(conv2d(tensor(x, [1, 5, 130, 70]), w), back);
  const [expected] = await interpret([graph]);
  for (const portion of [0.001, 0.1, 1000]) {
    const { device, plan } = await compileInPortionsOf(portion);
    expect([...(await plan.run({ x }))]).toEqual([...expected!]);
    device.dispose();
  }
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
  expect(device.textures.ledger().passingBytes).toBe(0);
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
