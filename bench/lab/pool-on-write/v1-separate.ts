/** ReLU, convolution, sum and pool as passes of their own. */
import { packConv2d } from '../../../ops/rewrite/pack-conv2d.ts';
import type { Version } from '../version.ts';

export const separate: Version = {
  name: 'v1 separate passes',
  why: 'Four passes; three maps of the full size are written and read again.',
  rules: [packConv2d],
  compute: (plain) => plain,
};
