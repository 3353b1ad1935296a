/** The smallest training there is, for tests of the loop around it: a plane through points that a seed makes. */
import { mean, mul, reshape, sub, sum } from '../../ops/index.ts';
import type { RunStage } from '../../train/node/run-stage.ts';
import { createRandom } from './random.ts';

/** Points of a batch. */
const BATCH = 8;

/** w with x · w near the plane's; `steps` steps. */
export function makeLineStage(steps: number, changes: Partial<RunStage> = {}): RunStage {
  return {
    task: {
      specs: [
        { name: 'w', shape: [4], decays: true },
        { name: 'b', shape: [1], decays: false },
      ],
      inputs: { x: { shape: [BATCH, 4], dtype: 'f32' }, y: { shape: [BATCH], dtype: 'f32' } },
      settings: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01, clip: 1, averaging: 0.9 },
      computeLoss(weights, { x, y }) {
        const guess = reshape(sum(mul(x!, weights.get('w')), [1]), [BATCH]);
        const error = sub(sub(guess, weights.get('b')), y!);
        return { loss: mean(mul(error, error)), reports: { bias: mean(error) } };
      },
    },
    parts: 1,
    pictures: BATCH,
    steps,
    settings: { steps, seed: 5, data: 'points' },
    initialWeights: () =>
      new Map([
        ['w', Float32Array.of(1, -1, 0.5, 2)],
        ['b', Float32Array.of(0)],
      ]),
    async inputsAt(step) {
      const x = createRandom(step).gaussians(4 * BATCH);
      const y = Float32Array.from({ length: BATCH }, (_, b) => x[4 * b]! + 2 * x[4 * b + 3]!);
      return [{ x, y }];
    },
    rateAt: (step) => 0.1 * (1 - step / (steps + 1)),
    makeModel: () => ({ parts: [] }),
    ...changes,
  };
}
