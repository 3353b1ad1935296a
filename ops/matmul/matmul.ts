/**
 * matmul: a [M, K] · b [K, N] (+ bias [N]) → [M, N]. a may be [B, M, K], times one b or a [B, K, N]; either may lie
 * transposed. In grid terms a is a picture one pixel high with K channels, so this is conv2d's kernel with one tap. b
 * needs no packing: a texel of [K, N] holds four outputs at one k, one of [N, K] four k of one output, and either way a
 * turn of the loop reads four.
 */
import { checkObject } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, sizeOf, checkTensor } from '../../engine/index.ts';
import type { Op, Operand, ReferenceCall, ShaderCall, Shape, Tensor, TensorType } from '../../engine/index.ts';
import { divide, modulo } from '../shader/accessors.ts';
import { countProductFetches, writeProductShader } from '../shader/product.ts';
import type { ProductShader } from '../shader/product.ts';
import { transpose } from '../transpose/transpose.ts';

export interface MatmulAttributes {
  /** b is [N, K] or [B, N, K]. */
  readonly transposeB: boolean;
}

/** Which operands lie transposed. */
export interface MatmulOptions {
  /** a is [K, M] or [B, K, M] [false]. Costs a draw, where a is no constant: rows must lie in channels. */
  readonly transposeA?: boolean;
  /** b is [N, K] or [B, N, K] [false]. Costs nothing. */
  readonly transposeB?: boolean;
}

export const matmulOp: Op<MatmulAttributes> = {
  name: 'matmul',
  operands: ['a', 'b', 'bias'],
  infer: inferMatmul,
  reference: computeMatmul,
  describe: ({ transposeB }) => (transposeB ? 'b transposed' : ''),
  macs: ({ inputs, output }) => sizeOf(output.type.shape) * inputs[0]!.type.shape.at(-1)!,
  kernels: {
    webgl: {
      shader: writeMatmulShader,
      fetches: (call) => countProductFetches(call, { kernel: { height: 1, width: 1 } }),
    },
  },
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
  return apply(matmulOp, bias === undefined ? [left, b] : [left, b, bias], { transposeB });
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
  if (a.at(-1) !== inner) throw refuse('rows of a must be as long as columns of b. Transpose one?');
  if (bias && (bias.length !== 1 || bias[0] !== columns)) throw refuse(`bias must be [${columns}]`);
  return { shape: [...a.slice(0, -1), columns], dtype: 'f32' };
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
  const rowsPerMatrix = shapeOfB.length === 3 ? shapeOfA[1]! : rows;
  const sums = new Float64Array(columns);
  for (let m = 0; m < rows; m++) {
    const matrix = Math.floor(m / rowsPerMatrix) * inner * columns;
    if (bias) sums.set(bias);
    else sums.fill(0);
    for (let k = 0; k < inner; k++) {
      const value = a![m * inner + k]!;
      const start = matrix + k * stepOfK;
      for (let j = 0; j < columns; j++) sums[j]! += value * b![start + j * stepOfColumn]!;
    }
    output.set(sums, m * columns);
  }
}

function writeMatmulShader(call: ShaderCall<MatmulAttributes>): string {
  const b = call.inputs[1]!;
  const matrix = b.type.shape.length === 3 ? 'n' : '0'; // one for each of a's, or one for all
  return writeProductShader(call, {
    title: 'matmul',
    kernel: { height: 1, width: 1 },
    reluInput: false,
    start: () => (call.inputs.length > 2 ? 'bias_pixel(0, quad, 0, 0)' : 'vec4(0.0)'),
    ...(call.attributes.transposeB ? readColumns(b, matrix) : readRows(b, matrix)),
    finish: ([sum]) => sum!,
  });
}

type WeightReading = Pick<ProductShader, 'prepareRow' | 'weight'>;

/** b [K, N]: four texels at four k, each with the four outputs. Of blocks of four and more they are in one block. */
function readRows({ layout }: Operand, matrix: 'n' | '0'): WeightReading {
  const { block, grid, quads, lanes } = layout;
  const inner = grid.w; // k runs along W of [K, N]
  const inBlocks = block.width >= 4 && lanes === 4;
  const steps = block.width / 4;
  const read = (lane: number, k: string): string =>
    inBlocks ? `b_fetch(rows.x, rows.y, rows.z + ${lane})` : `b_pixel(${matrix}, quad, 0, ${k})`;
  return {
    ...(inBlocks && {
      prepareRow: [
        `ivec3 rows = b_place(${matrix === 'n' ? `n * ${quads} + ` : ''}quad, 0, ${divide('in_quad', steps)});`,
        ...(steps > 1 ? [`rows.z += ${modulo('in_quad', steps)} * 4;`] : []),
      ].join('\n'),
    }),
    weight({ lane }) {
      const k = `(in_quad * 4 + ${lane})`;
      // Lanes of a beyond K are zero, but what lies there in b may be another plane's Infinity: select, not multiply.
      return inner % 4 === 0 || lane === 0
        ? read(lane, k)
        : `(${k} < ${inner} ? ${read(lane, `min(${k}, ${inner - 1})`)} : vec4(0.0))`;
    },
  };
}

/** b [N, K]: four texels of four outputs, each with four k, turned into the texels of [K, N]. */
function readColumns({ layout }: Operand, matrix: 'n' | '0'): WeightReading {
  const columns = layout.grid.w;
  // Outputs beyond N read the last one again; the frame zeroes them.
  const column = (lane: number): string =>
    columns % 4 === 0 || lane === 0 ? `quad * 4 + ${lane}` : `min(quad * 4 + ${lane}, ${columns - 1})`;
  const lanes = [0, 1, 2, 3];
  return {
    prepareRow: lanes
      .map((lane) => `vec4 column_${lane} = b_pixel(${matrix}, in_quad, 0, ${column(lane)});`)
      .join('\n'),
    weight: ({ lane: k }) => `vec4(${lanes.map((lane) => `column_${lane}[${k}]`).join(', ')})`,
  };
}
