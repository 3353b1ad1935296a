/**
 * matmul: x [M, K] · w [K, N] (+ b [N]) → [M, N]; x may be [B, M, K], w is shared by the batch.
 * In grid terms x is a picture one pixel high with K channels, so this is conv2d's kernel with one tap. w needs no
 * packing: a texel of [K, N] already holds four outputs at one k. Batched products come with the transformer.
 */
import { ShapeError } from '../../errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor, TensorType } from '../../engine/index.ts';
import { divide, modulo } from '../shader/accessors.ts';
import { countProductFetches, writeProductShader } from '../shader/product.ts';

export const matmulOp: Op<undefined> = {
  name: 'matmul',
  infer: inferMatmul,
  reference: computeMatmul,
  glsl: writeMatmulShader,
  cost(call) {
    const size = call.output.type.shape.reduce((product, dimension) => product * dimension, 1);
    return { macs: size * call.inputs[1]!.type.shape[0]!, fetches: countProductFetches(call, { height: 1, width: 1 }) };
  },
};

/** x [M, K] or [B, M, K], w [K, N], b [N] if given → [M, N] or [B, M, N]. Throws ShapeError `E_SHAPE`. */
export function matmul(x: Tensor, w: Tensor, b?: Tensor): Tensor {
  return apply(matmulOp, b ? [x, w, b] : [x, w], undefined);
}

function inferMatmul(inputs: readonly TensorType[]): TensorType {
  const [x, w, b] = inputs as [TensorType, TensorType, TensorType?];
  const shapes = `(x ${formatShape(x.shape)}, w ${formatShape(w.shape)}${b ? `, bias ${formatShape(b.shape)}` : ''})`;
  if ((x.shape.length !== 2 && x.shape.length !== 3) || w.shape.length !== 2) {
    throw new ShapeError('E_SHAPE', `matmul: x must be [M, K] or [B, M, K] and w [K, N] ${shapes}.`);
  }
  const [inner, columns] = w.shape as [number, number];
  if (x.shape[x.shape.length - 1] !== inner) {
    throw new ShapeError('E_SHAPE', `matmul: the last size of x must equal the first of w ${shapes}. Transpose one?`);
  }
  if (b && (b.shape.length !== 1 || b.shape[0] !== columns)) {
    throw new ShapeError('E_SHAPE', `matmul: bias must be [${columns}] ${shapes}.`);
  }
  return { shape: [...x.shape.slice(0, -1), columns], dtype: 'f32' };
}

function computeMatmul({ inputs, inputTypes, output }: ReferenceCall<undefined>): void {
  const [x, w, b] = inputs;
  const [inner, columns] = inputTypes[1]!.shape as [number, number];
  const rows = output.length / columns;
  const sums = new Float64Array(columns);
  for (let m = 0; m < rows; m++) {
    if (b) sums.set(b);
    else sums.fill(0);
    for (let k = 0; k < inner; k++) {
      const value = x![m * inner + k]!;
      for (let j = 0; j < columns; j++) sums[j]! += value * w![k * columns + j]!;
    }
    output.set(sums, m * columns);
  }
}

function writeMatmulShader(call: ShaderCall<undefined>): string {
  const { layout } = call.inputs[1]!;
  const { block, grid } = layout;
  const inner = grid.w; // k runs along W of [K, N]
  const place = (k: string): string =>
    layout.tiles.x > 1
      ? `b_pixel(0, quad, 0, ${k})`
      : `b_fetch(weight_place.x + ${divide(k, block.width)}, weight_place.y, weight_place.z + ${modulo(k, block.width)})`;
  return writeProductShader(call, {
    title: 'matmul',
    kernel: { height: 1, width: 1 },
    reluInput: false,
    start: () => (call.inputs.length > 2 ? 'c_pixel(0, quad, 0, 0)' : 'vec4(0.0)'),
    prepareWeights: 'ivec3 weight_place = b_place(quad, 0, 0);',
    weight({ lane }) {
      const k = `(in_quad * 4 + ${lane})`;
      // Lanes of x beyond K are zero, but what lies there in w may be another plane's Infinity: select, not multiply.
      return inner % 4 === 0 || lane === 0
        ? place(k)
        : `(${k} < ${inner} ? ${place(`min(${k}, ${inner - 1})`)} : vec4(0.0))`;
    },
    finish: ([sum]) => sum!,
  });
}
