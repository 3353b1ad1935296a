/**
 * linear: rows x [R, K] times a weight as PyTorch keeps it, [O, K], plus a bias [O] → [R, O]. The naive form: every
 * element is a dot product of its own. `packed_linear` is what the engine runs, unless few rows meet a weight that is
 * given.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, sizeOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { linearCpu } from './cpu/linear.ts';
import { linearGl } from './gl/linear.ts';

export const linearOp: Op<undefined> = {
  name: 'linear',
  operands: ['x', 'weight', 'bias'],
  infer: inferLinear,
  reference: computeLinear,
  macs: ({ inputs, output }) => sizeOf(output.type.shape) * inputs[0]!.type.shape[1]!,
  kernels: { webgl: linearGl, cpu: linearCpu },
};

/** x [R, K], w [O, K], b [O] if given → x · wᵀ + b, [R, O]. Throws ShapeError `E_SHAPE`. */
export function linear(x: Tensor, w: Tensor, b?: Tensor): Tensor {
  return apply(linearOp, b === undefined ? [x, w] : [x, w, b], undefined);
}

function inferLinear([x, w, b]: readonly TensorType[]): TensorType {
  const [rows = 0, inner] = x!.shape;
  const [outputs = 0, width] = w!.shape;
  const fits = x!.shape.length === 2 && w!.shape.length === 2 && inner === width;
  if (fits && (!b || (b.shape.length === 1 && b.shape[0] === outputs))) return { shape: [rows, outputs], dtype: 'f32' };
  throw new ShapeError(
    'E_SHAPE',
    `linear: wanted x [R, K], w [O, K] and a bias [O], got x ${formatShape(x!.shape)}, w ${formatShape(w!.shape)}` +
      `${b ? `, bias ${formatShape(b.shape)}` : ''}. A weight [K, O] is for matmul.`,
  );
}

export function computeLinear({ inputs, inputTypes, output }: Omit<ReferenceCall, 'attributes' | 'outputType'>): void {
  const [x, w, b] = inputs;
  const [outputs, inner] = inputTypes[1]!.shape as [number, number];
  for (let at = 0; at < output.length; at++) {
    const [row, o] = [Math.floor(at / outputs) * inner, at % outputs];
    let sum = b ? b[o]! : 0;
    for (let k = 0; k < inner; k++) sum += x![row + k]! * w![o * inner + k]!;
    output[at] = sum;
  }
}
