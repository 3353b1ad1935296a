/** Halves eight a texel, unpacked by bits: what the engine does in half precision. */
import type { Version } from '../version.ts';
import { convolveHalves } from './halves.ts';

export const halves: Version = {
  name: 'v18 halves',
  why: 'Two shifts, a mask and a multiplication make a float of a half; one test a texel finds what is infinite or NaN.',
  halves: true,
  compute: (plain) => convolveHalves(plain),
};
