/**
 * Every version of every experiment computes what the plain ops do, at a small and awkward size; no time is asserted.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNodeContext } from '../../engine/context/node/open.ts';
import { WebGLDevice } from '../../engine/index.ts';
import { scaleAdd } from '../../ops/index.ts';
import { experiments } from './experiments.ts';
import { measureTask } from './measure.ts';
import { formatMeasurements } from './report.ts';

const once = { warmups: 0, minRounds: 1, moreSeconds: 0 };
let device: WebGLDevice;

beforeAll(async () => {
  device = new WebGLDevice(await openNodeContext({ source: 'egl' }));
});
afterAll(() => device.dispose());

test.each(experiments)('$name: every version is within the bound', async ({ versions, createTinyTask }) => {
  const task = createTinyTask();
  const measurements = await measureTask(device, task, versions, once);
  expect(measurements.map(({ version }) => version)).toEqual(versions);
  for (const { errorRatio, fetches, wall } of measurements) {
    expect(errorRatio).toBeLessThanOrEqual(1);
    expect(fetches).toBeGreaterThan(0);
    expect(wall).toHaveLength(1);
  }
  for (const { name, why } of versions) expect(formatMeasurements(task, measurements)).toContain(`${name}: ${why}`);
  expect(device.gpu.textures.ledger().liveTextures).toBe(0);
});

test('a version that computes wrongly is not timed', async () => {
  const [{ versions, createTinyTask }] = experiments as [(typeof experiments)[0]];
  const wrong = {
    name: 'v0 wrong',
    why: '',
    compute: (plain: Parameters<(typeof versions)[0]['compute']>[0]) => scaleAdd(plain, plain, 1e-4),
  };
  await expect(measureTask(device, createTinyTask(), [versions[0]!, wrong], once)).rejects.toThrow(
    /v0 wrong.*out of bounds/,
  );
  expect(device.gpu.textures.ledger().liveTextures).toBe(0);
});

test('names tell versions apart', () => {
  for (const { versions } of experiments) {
    expect(versions.map(({ name }) => Number(/^v(\d+) /.exec(name)?.[1]))).toEqual(
      versions.map((_, index) => index + 1),
    );
  }
});
