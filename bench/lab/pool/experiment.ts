/** The pool after the encoder's first group, a quarter of its channels. */
import { maxPool2d } from '../../../ops/index.ts';
import { createTask } from '../task.ts';
import type { Experiment, Task } from '../version.ts';
import { elements } from './v1-elements.ts';
import { engine } from './v2-engine.ts';
import { unrolled } from './v3-unrolled.ts';
import { fourPixels } from './v4-four-pixels.ts';

function pose(channels: number, height: number, width: number): Task {
  return createTask(
    { label: `max pool 2×2 of ${channels} at ${height}×${width}`, macs: 0, terms: 0 },
    [{ shape: [1, channels, height, width] }],
    (x) => maxPool2d(x, 2),
  );
}

export const pool: Experiment = {
  name: 'pool',
  versions: [elements, engine, unrolled, fourPixels],
  createTask: () => pose(64, 256, 256),
  createTinyTask: () => pose(7, 11, 38),
};
