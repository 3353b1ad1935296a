/** Pooled as it is written, eight pooled pixels a fragment: four blocks of 4×2 one after the other. */
import type { Version } from '../version.ts';
import { poolAsWritten } from './pooled-convolution.ts';

export const eightOutputs: Version = {
  name: 'v4 pooled, 8 outputs',
  why: 'v3 in the layout of every other map, for four times the code.',
  compute: (plain) => poolAsWritten(plain, 8),
};
