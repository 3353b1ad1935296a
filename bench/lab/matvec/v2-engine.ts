/** The engine's matmul, which has no rows to share w among: 5 fetches for 16 multiply-adds, N/4 fragments. */
import { apply } from '../../../engine/index.ts';
import { matmulOp } from '../../../ops/matmul/matmul.ts';
import type { Version } from '../version.ts';

export const engine: Version = {
  name: 'v2 engine',
  why: 'Vectors in the place of elements. Every texel of w is read once, so nothing is left to share but x.',
  isEngineDefault: true,
  compute: (plain) => apply(matmulOp, plain.inputs, { transposeA: false, transposeB: false }),
};
