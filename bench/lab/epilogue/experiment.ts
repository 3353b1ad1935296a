/** What surrounds a convolution in a block of the dVAE: ReLU before it, bias, and the residual it is added to. */
import { add, conv2d, relu } from '../../../ops/index.ts';
import { createTask } from '../task.ts';
import type { Experiment, Task } from '../version.ts';
import { separate } from './v1-separate.ts';
import { clipsOnRead } from './v2-relu-on-read.ts';
import { addsOnWrite } from './v3-residual-on-write.ts';

function pose(inputs: number, outputs: number, height: number, width: number): Task {
  return createTask(
    {
      label: `id + conv 1×1 (relu x) + bias, ${inputs}→${outputs} at ${height}×${width}`,
      macs: inputs * outputs * height * width,
      terms: inputs + 2,
    },
    [
      { shape: [1, outputs, height, width] },
      { shape: [1, inputs, height, width], clipped: true },
      { shape: [outputs, inputs, 1, 1], scale: 1 / Math.sqrt(inputs) },
      { shape: [outputs] },
    ],
    (id, x, w, bias) => add(id!, conv2d(relu(x!), w!, bias!)),
  );
}

export const epilogue: Experiment = {
  name: 'epilogue',
  versions: [separate, clipsOnRead, addsOnWrite],
  createTask: () => pose(64, 256, 128, 128),
  createTinyTask: () => pose(6, 7, 9, 21),
};
