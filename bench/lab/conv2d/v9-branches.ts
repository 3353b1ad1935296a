/** v7 with a branch around each read that may lie outside the picture, as the engine once had; the same fetches. */
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import { strip } from '../blocks.ts';
import { branchAroundFetches, withShader } from '../shader-text.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const branches: Version = {
  name: 'v9 R=8, branches',
  why: 'Slower than v7: a fetch inside a condition runs under a mask of lanes; fetching first needs none.',
  compute: (plain) => convolveWith(plain, { block: strip(8), op: withShader(packedConv2dOp, branchAroundFetches) }),
};
