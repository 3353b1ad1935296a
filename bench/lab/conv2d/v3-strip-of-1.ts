/** The engine's kernel, one pixel a fragment: 5 fetches for 16 multiply-adds, with weights packed for it. */
import { strip } from '../blocks.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const stripOf1: Version = {
  name: 'v3 R=1',
  why: 'A weight texel holds four outputs, so sums stay vectors and no dot product adds across lanes; taps are neighbours in memory.',
  compute: (plain) => convolveWith(plain, { block: strip(1) }),
};
