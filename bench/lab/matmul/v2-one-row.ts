/** The engine's kernel, one row a fragment: 5 fetches for 16 multiply-adds. */

import type { Version } from '../version.ts';
import { multiplyWith } from './engine-kernel.ts';

export const oneRow: Version = {
  name: 'v2 R=1',
  why: 'Four values of k and four columns at once: one texel of x and four of w make sixteen multiply-adds.',
  compute: (plain) => multiplyWith(plain, { rows: 1 }),
};
