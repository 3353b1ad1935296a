/** ReLU on read and the residual on write, then a pass that pools. */
import type { Version } from '../version.ts';
import { fuseConvolution } from './pooled-convolution.ts';

export const poolAfter: Version = {
  name: 'v2 pool after',
  why: 'One map of the full size is written, and read again by the pool.',
  rules: fuseConvolution,
  compute: (plain) => plain,
};
