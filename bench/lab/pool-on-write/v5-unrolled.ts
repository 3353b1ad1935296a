/** v4 with the four blocks written out. */
import { unrollLoop } from '../shader-text.ts';
import type { Version } from '../version.ts';
import { poolAsWritten } from './pooled-convolution.ts';

export const unrolled: Version = {
  name: 'v5 unrolled',
  why: 'No loop around the loop, for four times the code to compile.',
  compute: (plain) => poolAsWritten(plain, 8, unrollLoop('part', 4)),
};
