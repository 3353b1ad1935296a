/**
 * One experiment: every version of a task compiled on one device, checked whole against the float64 reference, and only
 * then timed in turns with the others. A timed run ends with one pixel's channels read back.
 */
import { compile, interpret, rewrite } from '../../engine/index.ts';
import type { Compiled, WebGLDevice, Tensor } from '../../engine/index.ts';
import { slice } from '../../ops/index.ts';
import { packConv2d } from '../../ops/rewrite/pack-conv2d.ts';
import { winogradRule } from '../../ops/rewrite/winograd.ts';
import type { WinogradLimits } from '../../ops/rewrite/winograd.ts';
import { absoluteMatrices } from '../../ops/winograd/matrices.ts';
import type { WinogradMatrices } from '../../ops/winograd/matrices.ts';
import { cancellingBound, gaussianBound, HALF_ROUNDOFF } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import type { Comparison } from '../../test/helpers/close.ts';
import { interleave } from '../harness.ts';
import type { Contender, HarnessOptions } from '../harness.ts';
import type { Task, Version } from './version.ts';

/** One version of one task as it was found. Times in milliseconds, in the order of the rounds. */
export interface Measurement {
  readonly version: Version;
  /** Texture reads of one run. */
  readonly fetches: number;
  /** Largest error in units of its bound; 1 would be out of bounds. */
  readonly errorRatio: number;
  readonly wall: readonly number[];
  /** Of all cores that this process used: what others do on the machine shows less in it. */
  readonly cpu: readonly number[];
}

/** Winograd wherever it can be, whether or not it pays. */
const everywhere: WinogradLimits = { channels: 1, pixels: 1, transformed: Infinity };

/** @throws Error with a table of the worst elements where a version computes wrongly: nothing is timed then. */
export async function measureTask(
  device: WebGLDevice,
  task: Task,
  versions: readonly Version[],
  options: HarnessOptions = {},
): Promise<Measurement[]> {
  const truth = await findTruth(task);
  const contenders: Contender[] = [];
  const found: Omit<Measurement, 'wall' | 'cpu'>[] = [];
  try {
    for (const version of versions) {
      const { fetches, comparison } = await checkVersion(device, task, truth, version);
      found.push({ version, fetches, errorRatio: comparison.maxRatio });
      contenders.push(await createContender(device, task, version));
    }
    const times = await interleave(contenders, options);
    return found.map((measurement, index) => {
      const { wall, cpu } = times[index]!;
      return { ...measurement, wall, cpu };
    });
  } finally {
    for (const contender of contenders) contender.dispose();
  }
}

/** The exact result, and how far each element may be from it. */
interface Truth {
  readonly expected: Float64Array;
  bound(version: Version): Promise<(index: number) => number>;
}

async function findTruth({ plain, squares, absolute, terms }: Task): Promise<Truth> {
  const [expected, sums, absolutes] = await interpret([plain, squares, absolute]);
  return {
    expected: expected!,
    async bound({ winograd, compute, halves }) {
      if (halves) {
        // Both operands of every product and the result are off by a rounding, and a little for its square.
        const rounded = (index: number): number => 2.01 * absolutes![index]! + 1.01 * Math.abs(expected![index]!);
        return (index) => gaussianBound(terms, sums![index]!) + HALF_ROUNDOFF * rounded(index);
      }
      if (!winograd) return (index) => gaussianBound(terms, sums![index]!);
      const [cancelled] = await interpret(rewrite([compute(absolute)], rulesOf(absoluteMatrices(winograd))).outputs);
      // Roundings in a row: t in each of the four transforms, one of the weight, one a channel.
      const roundings = 4 * winograd.tile + 1 + terms / 9;
      return (index) => cancellingBound(roundings, cancelled![index]!);
    },
  };
}

function rulesOf(matrices: WinogradMatrices): NonNullable<Version['rules']> {
  return [packConv2d, winogradRule('winograd', matrices, everywhere)];
}

async function checkVersion(
  device: WebGLDevice,
  task: Task,
  truth: Truth,
  version: Version,
): Promise<{ fetches: number; comparison: Comparison }> {
  const plan = compileVersion(device, version, (computed) => computed, task);
  try {
    const label = `${task.label}, ${version.name}`;
    const comparison = expectClose(await plan.run({}), truth.expected, await truth.bound(version), { label });
    return { fetches: plan.draws!.passes.reduce((sum, { cost }) => sum + cost.fetches, 0), comparison };
  } finally {
    plan.dispose();
  }
}

async function createContender(device: WebGLDevice, task: Task, version: Version): Promise<Contender> {
  const plan = compileVersion(device, version, takeOnePixel, task);
  await plan.prepare();
  return { name: version.name, run: () => plan.run({}), dispose: () => plan.dispose() };
}

function compileVersion(
  device: WebGLDevice,
  { compute, rules = [], winograd }: Version,
  finish: (computed: Tensor) => Tensor,
  { plain }: Task,
): Compiled<Tensor> {
  const all = winograd ? [...rules, ...rulesOf(winograd)] : rules;
  return compile(device, () => finish(compute(plain)), {}, { rules: all });
}

/** All channels of the pixel in the middle: every one is needed, and the download is short. */
function takeOnePixel(computed: Tensor): Tensor {
  const { shape } = computed;
  const channels = shape.length === 4 ? 1 : shape.length - 1;
  const begin = shape.map((size, axis) => (axis === channels ? 0 : Math.floor(size / 2)));
  return slice(
    computed,
    begin,
    shape.map((size, axis) => (axis === channels ? size : 1)),
  );
}
