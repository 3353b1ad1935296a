/** Four rows a fragment: 8 fetches for 64 multiply-adds. */

import type { Version } from '../version.ts';
import { multiplyWith } from './engine-kernel.ts';

export const fourRows: Version = {
  name: 'v4 R=4',
  why: 'Four rows share the four texels of w: as many fetches for x now as for w.',
  compute: (plain) => multiplyWith(plain, { rows: 4 }),
};
