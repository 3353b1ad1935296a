/** The end of a group of the encoder: the last convolution of its last block, the residual, and the pool behind it. */
import { add, conv2d, maxPool2d, relu } from '../../../ops/index.ts';
import { createTask } from '../task.ts';
import type { Experiment, Task } from '../version.ts';
import { separate } from './v1-separate.ts';
import { poolAfter } from './v2-pool-after.ts';
import { twoOutputs } from './v3-two-outputs.ts';
import { eightOutputs } from './v4-eight-outputs.ts';
import { unrolled } from './v5-unrolled.ts';

function pose(inputs: number, outputs: number, height: number, width: number): Task {
  return createTask(
    {
      label: `pool 2×2 of id + conv 1×1 (relu x) + bias, ${inputs}→${outputs} at ${height}×${width}`,
      macs: inputs * outputs * height * width,
      terms: inputs + 2,
    },
    [
      { shape: [1, outputs, height, width] },
      { shape: [1, inputs, height, width], clipped: true },
      { shape: [outputs, inputs, 1, 1], scale: 1 / Math.sqrt(inputs) },
      { shape: [outputs] },
    ],
    (id, x, w, bias) => maxPool2d(add(id!, conv2d(relu(x!), w!, bias!)), 2),
  );
}

export const poolOnWrite: Experiment = {
  name: 'pool-on-write',
  versions: [separate, poolAfter, twoOutputs, eightOutputs, unrolled],
  createTask: () => pose(64, 256, 128, 128),
  createTinyTask: () => pose(6, 7, 10, 22),
};
