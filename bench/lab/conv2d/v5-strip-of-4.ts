/** Four pixels a fragment: for 3×3, 18 fetches for 192 multiply-adds. */
import { strip } from '../blocks.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const stripOf4: Version = {
  name: 'v5 R=4',
  why: 'Four pixels share the weights: where three fetches in four were weights, now two in three are.',
  compute: (plain) => convolveWith(plain, { block: strip(4) }),
};
