/**
 * The suite at a tiny size: both devices and jax-js agree step by step, and a contender that trains otherwise is not
 * timed.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNodeContext } from '../../engine/context/node/open.ts';
import { WebGLDevice } from '../../engine/index.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { createOurTraining } from '../peers/dalle-gl-training.ts';
import { createJaxTraining } from '../peers/jax-training.ts';
import { formatNets, netRowsOf } from '../report/dvae.ts';
import { makeDvaeTask, makeTransformerTask } from '../training-tasks.ts';
import type { BenchTask } from '../training-tasks.ts';
import { measureTraining } from './training.ts';
import type { TrainingMaker } from './training.ts';

const once = { minRounds: 2, moreSeconds: 0 };
const tasks: readonly BenchTask[] = [
  makeDvaeTask({ hidden: 4, vocabulary: 8, side: 16, batch: 2 }),
  makeTransformerTask({ dim: 8, heads: 2, depth: 2, length: 6, vocabulary: 12, batch: 2 }),
];
let device: WebGLDevice;

beforeAll(async () => {
  device = new WebGLDevice(await openNodeContext());
});
afterAll(() => device.dispose());

const makers = (bench: BenchTask): TrainingMaker[] => [
  { name: 'cpu', make: async () => createOurTraining(openCpuTestDevice(), bench, 1) },
  { name: 'webgl', make: async () => createOurTraining(device, bench) },
  { name: 'jax-js', make: () => createJaxTraining(bench) },
];

test.each(tasks)('$name: a row each', async (bench) => {
  const rows = netRowsOf(await measureTraining({}, bench, makers(bench), once));
  expect(rows.map(({ contender }) => contender)).toEqual(['dalle-gl, cpu ×1', 'dalle-gl', 'jax-js 0.1.25, wasm ×1']);
  expect(rows[1]!.speedup!.paired).toBeGreaterThan(0);
  expect(formatNets(rows)).toContain(bench.name);
});

test('other weights, or none that change, are no peer', async () => {
  const [bench] = tasks as [BenchTask];
  const [ours] = makers(bench) as [TrainingMaker];
  const other = {
    ...bench,
    weights: new Map([...bench.weights].map(([name, own]) => [name, own.map((x) => 1.01 * x)])),
  };
  const frozen = { ...bench, task: { ...bench.task, settings: { ...bench.task.settings, clip: 1e-30 } } };
  for (const [wrong, step] of [
    [other, 1],
    [frozen, 2],
  ] as const) {
    const maker = { name: 'wrong', make: async () => createOurTraining(device, wrong) };
    await expect(measureTraining({}, bench, [ours, maker], once)).rejects.toThrow(`at step ${step}`);
  }
});

test('who does not start is told of and left out', async () => {
  const [bench] = tasks as [BenchTask];
  const missing: string[] = [];
  const none = { name: 'none', make: () => Promise.reject(new Error('not here')) };
  const result = await measureTraining({}, bench, [...makers(bench), none], once, (name) => missing.push(name));
  expect(missing).toEqual(['none']);
  expect(result.beginnings).toHaveLength(3);
});
