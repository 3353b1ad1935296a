/** The 3×3 convolution behind each of the decoder's upsamples, at the widths of its last groups. */
import { conv2d, upsampleNearest2d } from '../../../ops/index.ts';
import { createTask } from '../task.ts';
import type { Experiment, Task } from '../version.ts';
import { direct } from './v1-direct.ts';
import { phasesDirect } from './v2-phases-direct.ts';
import { winogradWhole } from './v3-winograd.ts';
import { phasesWinograd } from './v4-phases-winograd.ts';

function pose(inputs: number, outputs: number, height: number, width: number): Task {
  const terms = inputs * 9;
  return createTask(
    {
      label: `conv 3×3 behind an upsample, ${inputs}→${outputs} from ${height}×${width}`,
      macs: terms * outputs * 4 * height * width,
      terms,
    },
    [{ shape: [1, inputs, height, width] }, { shape: [outputs, inputs, 3, 3], scale: 1 / Math.sqrt(terms) }],
    (x, w) => conv2d(upsampleNearest2d(x!, 2), w!),
  );
}

const define = (channels: number, side: number): Experiment => ({
  name: `upsampled${channels}`,
  versions: [direct, phasesDirect, winogradWhole, phasesWinograd],
  createTask: () => pose(channels, channels, side, side),
  createTinyTask: () => pose(6, 8, 7, 11),
});

export const upsampled: readonly Experiment[] = [define(64, 64), define(128, 64), define(256, 32)];
