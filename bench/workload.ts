/**
 * One kernel's work, the same for every peer: operands as plain arrays in PyTorch's order, and a small part of the
 * right answer. Every contender reads back exactly that part (one pixel's channels, or one row of a product), so that
 * no one's time holds a long download, and it is checked against these float64 sums before anything is timed.
 */
import { createRandom } from '../test/helpers/random.ts';

/** x [1, I, S, S], w [O, I, K, K] → y [1, O, S, S], stride 1, zero padding; the answer is y[0, :, middle, middle]. */
export interface ConvolutionWorkload {
  readonly kind: 'conv2d';
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly side: number;
}

/** x [S, S] · w [S, S] → y [S, S]; the answer is y[middle, :]. */
interface ProductWorkload {
  readonly kind: 'matmul';
  readonly side: number;
}

export type Workload = ConvolutionWorkload | ProductWorkload;

export interface Operands {
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly answer: Float64Array;
}

export function describeWorkload(workload: Workload): string {
  if (workload.kind === 'matmul') return `matmul ${workload.side}³`;
  const { inputs, outputs, kernel, side } = workload;
  return `conv ${kernel}×${kernel} ${inputs}→${outputs} at ${side}²`;
}

/** Multiply-adds, counted the naive way whatever a contender really does. */
export function countMacs(workload: Workload): number {
  if (workload.kind === 'matmul') return workload.side ** 3;
  const { inputs, outputs, kernel, side } = workload;
  return inputs * outputs * kernel ** 2 * side ** 2;
}

/** The pixel or row that is read back: away from every border. */
export function middleOf({ side }: Workload): number {
  return Math.floor(side / 2);
}

/** Gaussian numbers, weights divided by the root of their fan-in; the same in every run. */
export function makeOperands(workload: Workload): Operands {
  const random = createRandom(20211);
  if (workload.kind === 'matmul') {
    const { side } = workload;
    const x = random.gaussians(side * side);
    const w = random.gaussians(side * side, 1 / Math.sqrt(side));
    return { x, w, answer: multiplyRow(x, w, side) };
  }
  const { inputs, outputs, kernel, side } = workload;
  const x = random.gaussians(inputs * side * side);
  const w = random.gaussians(outputs * inputs * kernel * kernel, 1 / Math.sqrt(inputs * kernel * kernel));
  return { x, w, answer: convolvePixel(x, w, workload) };
}

function multiplyRow(x: Float32Array, w: Float32Array, side: number): Float64Array {
  const row = new Float64Array(side);
  const start = Math.floor(side / 2) * side;
  for (let k = 0; k < side; k++) {
    for (let column = 0; column < side; column++) row[column]! += x[start + k]! * w[k * side + column]!;
  }
  return row;
}

function convolvePixel(x: Float32Array, w: Float32Array, workload: ConvolutionWorkload): Float64Array {
  const { inputs, outputs, kernel, side } = workload;
  const corner = middleOf(workload) - (kernel - 1) / 2;
  const isInside = (position: number): boolean => position >= 0 && position < side;
  return Float64Array.from({ length: outputs }, (_, output) => {
    let sum = 0;
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < kernel * kernel; tap++) {
        const y = corner + Math.floor(tap / kernel);
        const xx = corner + (tap % kernel);
        if (!isInside(y) || !isInside(xx)) continue;
        sum += x[(input * side + y) * side + xx]! * w[(output * inputs + input) * kernel * kernel + tap]!;
      }
    }
    return sum;
  });
}

/** Throws unless `given` is the workload's answer up to fp32 rounding of sums: nothing wrong is worth timing. */
export function checkAnswer(name: string, workload: Workload, given: ArrayLike<number>, { answer }: Operands): void {
  const scale = Math.sqrt(answer.reduce((sum, value) => sum + value * value, 0) / answer.length);
  const worst = answer.reduce((largest, value, index) => Math.max(largest, Math.abs(value - given[index]!)), 0);
  if (given.length === answer.length && worst <= 1e-4 * scale) return;
  throw new Error(
    `${name} computes ${describeWorkload(workload)} wrongly: off by ${worst} where numbers are about ${scale} ` +
      `(${given.length} of ${answer.length} numbers). Its time would mean nothing.`,
  );
}

/** Moves the axes of a row-major array: axis `order[i]` of `data` becomes axis `i`, as NumPy's transpose. */
export function transposeData(data: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const sizes = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(data.length);
  const index = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      from -= steps[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
