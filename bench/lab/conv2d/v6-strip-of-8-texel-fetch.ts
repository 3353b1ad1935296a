/** Eight pixels a fragment, all the render targets there are: for 3×3, 22 fetches for 384 multiply-adds. */
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import { strip, withFetch } from '../blocks.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const stripOf8TexelFetch: Version = {
  name: 'v6 R=8 texelFetch',
  why: 'Eight pixels share the weights, as many as there are render targets; read by whole-number coordinates.',
  compute: (plain) => convolveWith(plain, { block: strip(8), op: withFetch(packedConv2dOp, 'texelFetch') }),
};
