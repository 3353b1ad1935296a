/** v6 with w in a single layer, k along x; as many fetches. */

import type { Version } from '../version.ts';
import { multiplyWith } from './engine-kernel.ts';

export const weightsInOneLayer: Version = {
  name: 'v7 R=8, w in 1 layer',
  why: 'Four consecutive k are one cache line, where layers put them far apart.',
  compute: (plain) => multiplyWith(plain, { rows: 8, weightLayers: 1 }),
};
