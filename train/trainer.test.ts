/**
 * A step in parts is the step of the whole batch, states and all; a step that is stopped changes nothing.
 */
import { describe, expect, test } from 'vitest';
import type { Device } from '../engine/index.ts';
import { mean, mul, reshape, sub, sum } from '../ops/index.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { createRandom } from '../test/helpers/random.ts';
import { Parameters } from './parameters.ts';
import { Trainer } from './trainer.ts';
import type { TrainingTask } from './trainer.ts';

const devices: [string, Device][] = [
  ['webgl', await openTestDevice()],
  ['cpu', openCpuTestDevice()],
];

/** y = x · w, towards a plane. B samples of 4 numbers. */
function makeTask(batch: number): TrainingTask {
  return {
    specs: [{ name: 'w', shape: [4], decays: true }],
    inputs: { x: { shape: [batch, 4], dtype: 'f32' }, y: { shape: [batch], dtype: 'f32' } },
    settings: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01, clip: 1, averaging: 0.9 },
    computeLoss(weights, { x, y }) {
      const error = sub(reshape(sum(mul(x!, weights.get('w')), [1]), [batch]), y!);
      const loss = mean(mul(error, error));
      return { loss, reports: { bias: mean(error) } };
    },
  };
}

function makeTrainer(device: Device, batch: number, parts: number): Trainer {
  const parameters: Parameters = new Parameters(makeTask(1).specs, (track) => {
    const start = new Map([['w', Float32Array.of(1, -1, 0.5, 2)]]);
    return track === 'weights' || track === 'average' ? parameters.lay(start) : parameters.lay(zeros);
  });
  return new Trainer(device, makeTask(batch), parameters, parts);
}
const zeros = new Map([['w', new Float32Array(4)]]);

describe.each(devices)('%s', (_, device) => {
  test('parts add up, the loss falls, and a step that is stopped changes nothing', async () => {
    const random = createRandom(16);
    const [whole, parted] = [makeTrainer(device, 8, 1), makeTrainer(device, 2, 4)];
    const losses: number[] = [];
    for (let step = 1; step <= 20; step++) {
      const x = random.gaussians(32);
      const y = Float32Array.from({ length: 8 }, (_, b) => x[4 * b]! + 2 * x[4 * b + 3]!);
      const one = await whole.step(step, 0.1, [{ x, y }]);
      const pieces = [0, 1, 2, 3].map((p) => ({ x: x.slice(8 * p, 8 * p + 8), y: y.slice(2 * p, 2 * p + 2) }));
      const other = await parted.step(step, 0.1, pieces);
      expect(Math.abs(one.loss - other.loss)).toBeLessThan(1e-4 * (1 + one.loss));
      expect(Math.abs(one.norm - other.norm)).toBeLessThan(1e-4 * (1 + one.norm));
      expect(Math.abs(one.reports['bias']! - other.reports['bias']!)).toBeLessThan(1e-4);
      expect([one.skipped, other.skipped]).toEqual([false, false]);
      losses.push(one.loss);
    }
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
    const before = await whole.read();
    const aborted = AbortSignal.abort();
    await expect(
      whole.step(21, 0.1, [{ x: new Float32Array(32), y: new Float32Array(8) }], { signal: aborted }),
    ).rejects.toThrow();
    expect(await whole.read()).toEqual(before);
    expect(() => makeTrainer(device, 1, 0)).toThrow(/parts/);
    whole.dispose();
    parted.dispose();
  });
});
