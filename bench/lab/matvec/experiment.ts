/** One token through a layer of the transformer, M = 1: every weight is read once, so memory is the bound. */
import { matmul } from '../../../ops/index.ts';
import { naive } from '../matmul/v1-naive.ts';
import { createTask } from '../task.ts';
import type { Experiment, Task } from '../version.ts';
import { engine } from './v2-engine.ts';
import { weightsInOneLayer } from './v3-weights-in-one-layer.ts';
import { splitK } from './v4-split.ts';
import { splitOneLayer } from './v5-split-one-layer.ts';
import { fourGroups } from './v6-groups.ts';
import { oneRowStrip } from './v7-strip.ts';
import { eightRowStrip } from './v8-strip-of-eight.ts';
import { nextKBelow } from './v9-next-k-below.ts';

function pose(inner: number, columns: number): Task {
  return createTask(
    { label: `matvec 1×${inner}×${columns}`, macs: inner * columns, terms: inner },
    [{ shape: [1, inner] }, { shape: [inner, columns], scale: 1 / Math.sqrt(inner) }],
    (x, w) => matmul(x!, w!),
  );
}

export const vectorProduct: Experiment = {
  name: 'matvec',
  versions: [
    naive,
    engine,
    weightsInOneLayer,
    splitK,
    splitOneLayer,
    fourGroups,
    oneRowStrip,
    eightRowStrip,
    nextKBelow,
  ],
  createTask: () => pose(1024, 4096),
  createTinyTask: () => pose(256, 96),
};
