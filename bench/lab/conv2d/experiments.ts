/** Convolutions of the dVAE: its 3×3, 1×1 and 7×7, at the sizes of the official nets that keep a naive run short. */
import { conv2d } from '../../../ops/index.ts';
import { createTask } from '../task.ts';
import type { Experiment, Task, Version } from '../version.ts';
import { naive } from './v1-naive.ts';
import { nestedLoops } from './v10-nested-loops.ts';
import { rowsUnrolled } from './v11-rows-unrolled.ts';
import { rowsKept } from './v12-rows-kept.ts';
import { weightsInLayers } from './v13-weights-in-layers.ts';
import { floatCoordinates } from './v14-float-coordinates.ts';
import { winogradOf2 } from './v15-winograd-2.ts';
import { winogradOf4 } from './v16-winograd-4.ts';
import { halvesBuiltIn } from './v17-halves-built-in.ts';
import { halves } from './v18-halves.ts';
import { dots } from './v2-dot.ts';
import { stripOf1 } from './v3-strip-of-1.ts';
import { stripOf2 } from './v4-strip-of-2.ts';
import { stripOf4 } from './v5-strip-of-4.ts';
import { stripOf8TexelFetch } from './v6-strip-of-8-texel-fetch.ts';
import { stripOf8 } from './v7-strip-of-8.ts';
import { blockOf4x2 } from './v8-block-of-4x2.ts';
import { branches } from './v9-branches.ts';

interface Sizes {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly height: number;
  readonly width: number;
}

function pose({ inputs, outputs, kernel, height, width }: Sizes): Task {
  const terms = inputs * kernel ** 2;
  const [x, w] = [
    { shape: [1, inputs, height, width] },
    { shape: [outputs, inputs, kernel, kernel], scale: 1 / Math.sqrt(terms) },
  ] as const;
  const label = `conv ${kernel}×${kernel} ${inputs}→${outputs} at ${height}×${width}`;
  return createTask({ label, macs: terms * outputs * height * width, terms }, [x, w], conv2d);
}

const direct: readonly Version[] = [
  naive,
  dots,
  stripOf1,
  stripOf2,
  stripOf4,
  stripOf8TexelFetch,
  stripOf8,
  blockOf4x2,
  branches,
  nestedLoops,
  rowsUnrolled,
  rowsKept,
  weightsInLayers,
  floatCoordinates,
];

const define = (kernel: number, versions: readonly Version[], sizes: Omit<Sizes, 'kernel'>): Experiment => ({
  name: `conv${kernel}x${kernel}`,
  versions,
  createTask: () => pose({ kernel, ...sizes }),
  createTinyTask: () => pose({ kernel, inputs: 6, outputs: 7, height: 9, width: 21 }),
});

export const convolutions: readonly Experiment[] = [
  define(3, [...direct, winogradOf2, winogradOf4, halvesBuiltIn, halves], {
    inputs: 64,
    outputs: 64,
    height: 128,
    width: 128,
  }),
  define(1, direct, { inputs: 512, outputs: 128, height: 64, width: 64 }),
  define(7, direct, { inputs: 3, outputs: 64, height: 128, width: 128 }),
];
