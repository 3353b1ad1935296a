/** Halves eight a texel, unpacked by GLSL's own function. */
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import { withShader } from '../shader-text.ts';
import type { ChangeShader } from '../shader-text.ts';
import type { Version } from '../version.ts';
import { convolveHalves } from './halves.ts';

const useBuiltIn: ChangeShader = (shader) => {
  const body = `mat2x4 built_in(uvec4 texel) {
  return mat2x4(unpackHalf2x16(texel.x), unpackHalf2x16(texel.y), unpackHalf2x16(texel.z), unpackHalf2x16(texel.w));
}

void main() {`;
  return shader.replace('void main() {', body).replaceAll(/= unpack_(?:operand|weights)\(/g, '= built_in(');
};

export const halvesBuiltIn: Version = {
  name: 'v17 halves, built-in',
  why: 'Eight halves a texel of whole numbers for operands and result: 32 multiply-adds a fetch. But unpackHalf2x16 is slow.',
  halves: true,
  compute: (plain) => convolveHalves(plain, withShader(packedConv2dOp, useBuiltIn)),
};
