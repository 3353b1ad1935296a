/** ReLU, convolution and sum as passes of their own, through textures. */
import { packConv2d } from '../../../ops/rewrite/pack-conv2d.ts';

import type { Version } from '../version.ts';

export const separate: Version = {
  name: 'v1 separate passes',
  why: 'Three passes, and two textures as large as the operands written and read again for one operation each.',
  rules: [packConv2d],
  compute: (plain) => plain,
};
