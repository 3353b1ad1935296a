/** Pooled as it is written, two pooled pixels a fragment. */
import type { Version } from '../version.ts';
import { poolAsWritten } from './pooled-convolution.ts';

export const twoOutputs: Version = {
  name: 'v3 pooled, 2 outputs',
  why: 'No map of the full size, and as many fetches as the convolution alone; its two layers are not the eight that the next pass would like.',
  compute: (plain) => poolAsWritten(plain, 2),
};
