/** Two pixels a fragment, two render targets: for 3×3, 16 fetches for 96 multiply-adds. */
import { strip } from '../blocks.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const stripOf2: Version = {
  name: 'v4 R=2',
  why: 'The same four weight texels serve two pixels, and along a row the taps share pixels.',
  compute: (plain) => convolveWith(plain, { block: strip(2) }),
};
