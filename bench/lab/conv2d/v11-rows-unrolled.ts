/** v7 with the tap rows written out; the same fetches. */
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import { strip } from '../blocks.ts';
import { nestLoops, unrollLoop, unrollRows, withShader } from '../shader-text.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const rowsUnrolled: Version = {
  name: 'v11 R=8, rows unrolled',
  why: 'No inner loop, and with one channel quad no loop at all, for KH times the code to translate.',
  compute: (plain) =>
    convolveWith(plain, {
      block: strip(8),
      op: withShader(packedConv2dOp, nestLoops, unrollRows, unrollLoop('in_quad', 1)),
    }),
};
