/** A square product at the size of the transformer's hidden layers, cut so that a naive run stays short. */
import { matmul } from '../../../ops/index.ts';
import { createTask } from '../task.ts';
import type { Experiment, Task } from '../version.ts';
import { naive } from './v1-naive.ts';
import { oneRow } from './v2-one-row.ts';
import { twoRows } from './v3-two-rows.ts';
import { fourRows } from './v4-four-rows.ts';
import { eightRowsTexelFetch } from './v5-eight-rows-texel-fetch.ts';
import { eightRows } from './v6-eight-rows.ts';
import { weightsInOneLayer } from './v7-weights-in-one-layer.ts';
import { weightsInFourLayers } from './v8-weights-in-four-layers.ts';
import { unrolled } from './v9-unrolled.ts';

function pose(rows: number, inner: number, columns: number): Task {
  return createTask(
    { label: `matmul ${rows}×${inner}×${columns}`, macs: rows * inner * columns, terms: inner },
    [{ shape: [rows, inner] }, { shape: [inner, columns], scale: 1 / Math.sqrt(inner) }],
    (a, b) => matmul(a!, b!),
  );
}

export const matrixProduct: Experiment = {
  name: 'matmul',
  versions: [
    naive,
    oneRow,
    twoRows,
    fourRows,
    eightRowsTexelFetch,
    eightRows,
    weightsInOneLayer,
    weightsInFourLayers,
    unrolled,
  ],
  createTask: () => pose(512, 512, 512),
  createTinyTask: () => pose(19, 22, 13),
};
