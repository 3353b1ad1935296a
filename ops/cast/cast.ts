/**
 * castToHalf and castToFloat: between fp32 textures and half-precision ones, which take half the memory and are read
 * eight numbers at a time. x of any shape → the same shape. Halves are storage only: every op computes in fp32.
 */
import { apply, checkTensor } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { castCpu } from './cpu/cast.ts';
import { castGl } from './gl/cast.ts';
import { roundResult } from './half.ts';

function computeCast({ inputs, output, outputType }: ReferenceCall): void {
  output.set(inputs[0]!);
  roundResult(output, outputType);
}

export const castToHalfOp: Op<undefined> = {
  name: 'cast_to_half',
  operands: ['x'],
  mapwise: true,
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f16' }),
  reference: computeCast,
  kernels: { webgl: castGl, cpu: castCpu },
};

export const castToFloatOp: Op<undefined> = {
  name: 'cast_to_float',
  operands: ['x'],
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  reference: computeCast,
  kernels: { webgl: castGl, cpu: castCpu },
};

/** castToHalf of weights: of constants it is done beforehand, on the CPU. */
export const halfWeightsOp: Op<undefined> = {
  name: 'half_weights',
  operands: ['x'],
  derives: true,
  infer: castToHalfOp.infer,
  reference: computeCast,
  kernels: { webgl: castGl, cpu: castCpu },
};

/**
 * x as f16: to nearest, ties to even, with subnormals; ±Infinity from ±65520 on; NaN stays NaN. f16 is returned as it
 * is.
 */
export function castToHalf(x: Tensor): Tensor {
  checkTensor('castToHalf', x);
  return x.dtype === 'f16' ? x : apply(castToHalfOp, [x], undefined);
}

/** x as f32, exactly: from f16 or i32. f32 is returned as it is. */
export function castToFloat(x: Tensor): Tensor {
  checkTensor('castToFloat', x);
  return x.dtype === 'f32' ? x : apply(castToFloatOp, [x], undefined);
}

/** A weight as f16: a constant is rounded once, on the CPU. */
export function halfWeights(w: Tensor): Tensor {
  return w.dtype === 'f16' ? w : apply(halfWeightsOp, [w], undefined);
}
