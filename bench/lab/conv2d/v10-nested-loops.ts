/** v9 with a loop over tap rows inside the loop over channel quads, as the engine once had; the same fetches. */
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import { strip } from '../blocks.ts';
import { branchAroundFetches, nestLoops, withShader } from '../shader-text.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const nestedLoops: Version = {
  name: 'v10 R=8, nested loops',
  why: 'Slower than v9: llvmpipe keeps what a loop carries in memory and masks lanes at each of its ends.',
  compute: (plain) =>
    convolveWith(plain, { block: strip(8), op: withShader(packedConv2dOp, nestLoops, branchAroundFetches) }),
};
