/**
 * matmul: a [M, K] · b [K, N] (+ bias [N]) → [M, N]. a may be [B, M, K], times one b or a [B, K, N]; either may lie
 * transposed. b needs no packing.
 */
import { checkObject } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, sizeOf, checkTensor } from '../../engine/index.ts';
import type { Op, ReferenceCall, Shape, Tensor, TensorType } from '../../engine/index.ts';
import { transpose } from '../transpose/transpose.ts';
import type { MatmulAttributes } from './attributes.ts';
import { matmulCpu } from './cpu/matmul.ts';
import { matmulGl } from './gl/matmul.ts';

/** Which operands lie transposed. */
export interface MatmulOptions {
  /** a is [K, M] or [B, K, M] [false]. On WebGL it costs a draw: rows must lie in channels. */
  readonly transposeA?: boolean;
  /** b is [N, K] or [B, N, K] [false]. Costs nothing. */
  readonly transposeB?: boolean;
}

export const matmulOp: Op<MatmulAttributes> = {
  name: 'matmul',
  operands: ['a', 'b', 'bias'],
  infer: inferMatmul,
  reference: computeMatmul,
  describe: ({ transposeA, transposeB }) =>
    [...(transposeA ? ['a transposed'] : []), ...(transposeB ? ['b transposed'] : [])].join(', '),
  macs: ({ inputs, output, attributes }) =>
    sizeOf(output.type.shape) * sizesOfMatrix(inputs[1]!.type.shape, attributes).inner,
  kernels: { webgl: matmulGl, cpu: matmulCpu },
};

/**
 * a · b + bias. a [M, K] with b [K, N] → [M, N]; a [B, M, K] with b [K, N] or [B, K, N] → [B, M, N]; bias [N].
 * @throws ShapeError `E_SHAPE` for other shapes.
 */
export function matmul(a: Tensor, b: Tensor, bias?: Tensor, options: MatmulOptions = {}): Tensor {
  checkTensor('matmul', a);
  checkObject('matmul', 'options', options);
  const { transposeA = false, transposeB = false } = options;
  const left = transposeA ? swapLastAxes(a) : a;
  return apply(matmulOp, bias === undefined ? [left, b] : [left, b, bias], { transposeA: false, transposeB });
}

function swapLastAxes(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()]);
}

function inferMatmul(inputs: readonly TensorType[], attributes: MatmulAttributes): TensorType {
  const [a, b, bias] = inputs.map(({ shape }) => shape) as [Shape, Shape, Shape?];
  const { inner, columns } = sizesOfMatrix(b, attributes);
  const refuse = (what: string): ShapeError => {
    const given = [`a ${formatShape(a)}`, `b ${formatShape(b)}`, ...(bias ? [`bias ${formatShape(bias)}`] : [])];
    return new ShapeError(
      'E_SHAPE',
      `matmul: ${what} (${given.join(', ')}${attributes.transposeB ? ', b transposed' : ''}).`,
    );
  };
  if (![2, 3].includes(a.length) || ![2, 3].includes(b.length)) {
    throw refuse('a must be [M, K] or [B, M, K] and b [K, N] or [B, K, N]');
  }
  if (b.length === 3 && a.length === 2) throw refuse('a batch of b needs a batch of a, [B, M, K]');
  if (b.length === 3 && a[0] !== b[0]) throw refuse('a and b must be batches of the same size');
  const [rows, width] = attributes.transposeA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  if (width !== inner) throw refuse('rows of a must be as long as columns of b. Transpose one?');
  if (bias && (bias.length !== 1 || bias[0] !== columns)) throw refuse(`bias must be [${columns}]`);
  return { shape: [...a.slice(0, -2), rows, columns], dtype: 'f32' };
}

/** K and N of b, or of each matrix in it. */
function sizesOfMatrix(b: Shape, { transposeB }: MatmulAttributes): { inner: number; columns: number } {
  const [first = 0, second = 0] = b.slice(-2);
  return transposeB ? { inner: second, columns: first } : { inner: first, columns: second };
}

function computeMatmul({ inputs, inputTypes, output, attributes }: ReferenceCall<MatmulAttributes>): void {
  const [a, b, bias] = inputs;
  const [{ shape: shapeOfA }, { shape: shapeOfB }] = inputTypes as [TensorType, TensorType];
  const { inner, columns } = sizesOfMatrix(shapeOfB, attributes);
  const [stepOfK, stepOfColumn] = attributes.transposeB ? [1, inner] : [columns, 1];
  const rows = output.length / columns;
  const rowsOfA = attributes.transposeA ? shapeOfA.at(-1)! : shapeOfA.at(-2)!;
  const rowsPerMatrix = shapeOfB.length === 3 ? rowsOfA : rows;
  const sums = new Float64Array(columns);
  for (let m = 0; m < rows; m++) {
    const matrix = Math.floor(m / rowsPerMatrix) * inner * columns;
    if (bias) sums.set(bias);
    else sums.fill(0);
    for (let k = 0; k < inner; k++) {
      const value =
        a![attributes.transposeA ? (Math.floor(m / rowsOfA) * inner + k) * rowsOfA + (m % rowsOfA) : m * inner + k]!;
      const start = matrix + k * stepOfK;
      for (let j = 0; j < columns; j++) sums[j]! += value * b![start + j * stepOfColumn]!;
    }
    output.set(sums, m * columns);
  }
}
