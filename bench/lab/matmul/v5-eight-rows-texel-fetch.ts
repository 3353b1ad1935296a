/** Eight rows a fragment by whole-number coordinates: 12 fetches for 128 multiply-adds. */
import { matmulOp } from '../../../ops/matmul/matmul.ts';
import { withFetch } from '../blocks.ts';
import type { Version } from '../version.ts';
import { multiplyWith } from './engine-kernel.ts';

export const eightRowsTexelFetch: Version = {
  name: 'v5 R=8 texelFetch',
  why: 'Eight rows share w, as many as there are render targets.',
  compute: (plain) => multiplyWith(plain, { rows: 8, op: withFetch(matmulOp, 'texelFetch') }),
};
