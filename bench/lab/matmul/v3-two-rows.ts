/** Two rows a fragment: 6 fetches for 32 multiply-adds. */

import type { Version } from '../version.ts';
import { multiplyWith } from './engine-kernel.ts';

export const twoRows: Version = {
  name: 'v3 R=2',
  why: 'Two rows share the four texels of w.',
  compute: (plain) => multiplyWith(plain, { rows: 2 }),
};
