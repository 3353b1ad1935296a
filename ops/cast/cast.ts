/**
 * castToHalf and castToFloat: between fp32 textures and half-precision ones, which take half the memory. x of any shape →
 * the same shape. Half precision is storage only: every op computes in fp32.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { writePixelShader } from '../shader/fragment.ts';
import { roundToHalf, toHalfFunction } from './half.ts';

export const castToHalfOp: Op<undefined> = {
  name: 'cast_to_half',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f16' }),
  reference: ({ inputs, output }) => inputs[0]!.forEach((value, index) => (output[index] = roundToHalf(value))),
  glsl: (call) =>
    writePixelShader(
      call,
      'cast to half',
      `${toHalfFunction}

vec4 value(int n, int quad, int y, int x) {
  return to_half(a_pixel(n, quad, y, x));
}`,
    ),
};

export const castToFloatOp: Op<undefined> = {
  name: 'cast_to_float',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  reference: ({ inputs, output }) => output.set(inputs[0]!),
  glsl: (call) =>
    writePixelShader(
      call,
      'cast to float',
      'vec4 value(int n, int quad, int y, int x) {\n  return a_pixel(n, quad, y, x);\n}',
    ),
};

/** x as f16: to nearest, ties to even, with subnormals; ±Infinity from ±65520 on; NaN stays NaN. f16 is returned as it is. */
export function castToHalf(x: Tensor): Tensor {
  return x.dtype === 'f16' ? x : apply(castToHalfOp, [x], undefined);
}

/** x as f32, exactly: from f16 or i32. f32 is returned as it is. */
export function castToFloat(x: Tensor): Tensor {
  return x.dtype === 'f32' ? x : apply(castToFloatOp, [x], undefined);
}
