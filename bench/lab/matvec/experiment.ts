/** One token through a layer of the transformer, M = 1: every weight is read once, so memory is the bound. */
import { matmul } from '../../../ops/index.ts';
import { naive } from '../matmul/v1-naive.ts';
import { createTask } from '../task.ts';
import type { Experiment, Task } from '../version.ts';
import { engine } from './v2-engine.ts';
import { splitK } from './v3-split.ts';
import { fourGroups } from './v4-groups.ts';
import { layersOfFour } from './v5-layers.ts';
import { oneLayer } from './v6-one-layer.ts';

function pose(inner: number, columns: number): Task {
  return createTask(
    { label: `matvec 1×${inner}×${columns}`, macs: inner * columns, terms: inner },
    [{ shape: [1, inner] }, { shape: [inner, columns], scale: 1 / Math.sqrt(inner) }],
    matmul,
  );
}

export const vectorProduct: Experiment = {
  name: 'matvec',
  versions: [naive, engine, splitK, fourGroups, layersOfFour, oneLayer],
  createTask: () => pose(1024, 4096),
  createTinyTask: () => pose(64, 48),
};
