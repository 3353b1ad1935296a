/** v9 with one loop over channel quads and tap rows, in the place of one inside the other; the same fetches. */
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import { strip } from '../blocks.ts';
import { fuseLoops, selectAfterFetch, withShader } from '../shader-text.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const oneLoop: Version = {
  name: 'v10 R=8, one loop',
  why: 'llvmpipe keeps what a loop carries in memory and masks lanes at each of its ends; a loop in a loop pays for both.',
  compute: (plain) =>
    convolveWith(plain, { block: strip(8), op: withShader(packedConv2dOp, fuseLoops, selectAfterFetch) }),
};
