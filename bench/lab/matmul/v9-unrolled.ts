/** v8 with four steps of k a turn of the loop; as many fetches. */
import { matmulOp } from '../../../ops/matmul/matmul.ts';
import { unrollLoop, withShader } from '../shader-text.ts';
import type { Version } from '../version.ts';
import { multiplyWith } from './engine-kernel.ts';

const op = withShader(matmulOp, unrollLoop('in_quad', 4));

export const unrolled: Version = {
  name: 'v9 4 layers, unrolled',
  why: 'v8 with 48 fetches a turn for 12: the sums, which a loop keeps in memory, move in and out a quarter as often.',
  compute: (plain) => multiplyWith(plain, { rows: 8, weightLayers: 4, op }),
};
