/** v7 without a branch around the reads that may lie outside the picture; the same fetches. */
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import { strip } from '../blocks.ts';
import { selectAfterFetch, withShader } from '../shader-text.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const selectsAfterFetch: Version = {
  name: 'v9 R=8, no branch',
  why: 'A fetch inside a condition runs under a mask of lanes; fetching first and choosing after needs none.',
  compute: (plain) => convolveWith(plain, { block: strip(8), op: withShader(packedConv2dOp, selectAfterFetch) }),
};
