/**
 * Reductions on the CPU: lines are shared out, long ones in chunks whose results a second call reduces, so that no
 * thread has the whole of a loss and no sum has a million terms in a row. Where reduced axes do not lie side by side,
 * they go one stretch of axes after another, the last first. Chunks come of the shape alone, never of the threads.
 */
import { sizeOf } from '../../../engine/index.ts';
import type { CpuCall, CpuKernel, KernelCall, Shape, TypedCall } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { ReducedAxes } from '../axes.ts';

/** Numbers that a thread adds up in some 20 µs. */
const GRAIN = 32_768;
/** Lines side by side that a kernel walks at once. */
const BESIDE = 16;
/** Lines longer than twice this are cut: what lies in one stretch has sixteen sums, what lies side by side has one. */
const STRETCH = 8192;
const COLUMN = 512;

/** Lines of numbers, `inner` of them side by side, and where the results are cut off. */
interface Stage {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly chunk: number;
  readonly chunks: number;
}

/** @param kernel the function of reduce.wasm.ts, called like the op */
export function reductionCpu(kernel: string): CpuKernel<ReducedAxes> {
  return {
    sharedBytes: (call) => bytesOfStages(listStages(call)),
    calls(call) {
      if (!areFloats([...call.inputs, call.output])) return undefined;
      return callStages(call, listStages(call), kernel === 'mean' ? 'sum' : kernel, kernel);
    },
  };
}

/** The sum of the products of two tensors of one shape, along one axis. */
export const sumProductsCpu: CpuKernel<{ readonly axis: number }> = {
  sharedBytes: (call) => bytesOfStages(listStages(alongAxis(call))),
  calls(call) {
    if (!areFloats([...call.inputs, call.output])) return undefined;
    return callStages(call, listStages(alongAxis(call)), 'sum', 'sum', 'sum_products');
  },
};

function alongAxis<A extends { readonly axis: number }>(call: TypedCall<A>): TypedCall<ReducedAxes> {
  return { ...call, attributes: { axes: [call.attributes.axis], keepDims: true } };
}

function listStages({ inputs: [x], attributes: { axes } }: TypedCall<ReducedAxes>): readonly Stage[] {
  const { shape } = x!.type;
  const stages: Stage[] = [];
  let left: Shape = shape;
  for (let last = shape.length - 1; last >= 0; last--) {
    if (!axes.includes(last) || left[last] === 1) continue;
    let first = last;
    // An axis of one number is part of any stretch.
    while (first > 0 && (axes.includes(first - 1) || left[first - 1] === 1)) first--;
    const [outer, size, inner] = [left.slice(0, first), left.slice(first, last + 1), left.slice(last + 1)].map(sizeOf);
    stages.push(...cutStage(outer!, size!, inner!));
    left = left.map((length, axis) => (axis >= first && axis <= last ? 1 : length));
    last = first;
  }
  return stages.length > 0 ? stages : [{ outer: sizeOf(shape), size: 1, inner: 1, chunk: 1, chunks: 1 }];
}

/** A line cut into chunks, whose results are lines again. */
function cutStage(outer: number, size: number, inner: number): Stage[] {
  const longest = inner === 1 ? STRETCH : COLUMN;
  if (size <= 2 * longest) return [{ outer, size, inner, chunk: size, chunks: 1 }];
  const chunks = Math.ceil(size / longest);
  return [{ outer, size, inner, chunk: longest, chunks }, ...cutStage(outer, chunks, inner)];
}

function resultsOf({ outer, chunks, inner }: Stage): number {
  return outer * chunks * inner;
}

/** Two places for results between stages, used in turns; each begins at a line of the cache. */
function bytesOfStages(stages: readonly Stage[]): number {
  return 2 * bytesOfPlace(stages);
}

function bytesOfPlace(stages: readonly Stage[]): number {
  const most = Math.max(0, ...stages.slice(0, -1).map(resultsOf));
  return 64 * Math.ceil((4 * most) / 64);
}

/**
 * @param kernel of all stages but the last
 * @param finish of the last one
 * @param start of the first one, where it is another
 */
function callStages(
  { inputs: [x, y], output, shared }: Pick<CpuCall<unknown>, 'inputs' | 'output' | 'shared'>,
  stages: readonly Stage[],
  kernel: string,
  finish: string,
  start?: string,
): readonly KernelCall[] {
  const count = sizeOf(x!.type.shape) / sizeOf(output.type.shape);
  const places = [shared, shared + bytesOfPlace(stages)];
  let from = x!.address;
  return stages.map((stage, at) => {
    const isLast = at === stages.length - 1;
    const to = isLast ? output.address : places[at % 2]!;
    const { outer, size, inner, chunk, chunks } = stage;
    const units = outer * chunks * Math.ceil(inner / BESIDE);
    const { items, each } = cutWork(units, GRAIN / (chunk * Math.min(inner, BESIDE)));
    const other = y && at === 0 ? y.address - from : 0;
    const words = [from, other, to, units, each, size, inner, chunk, chunks, count];
    from = to;
    return { kernel: (at === 0 && start) || (isLast ? finish : kernel), items, words };
  });
}
