/** v6 with the four k of a step in four layers at one place; as many fetches. */

import type { Version } from '../version.ts';
import { multiplyWith } from './engine-kernel.ts';

export const weightsInFourLayers: Version = {
  name: 'v8 R=8, w in 4 layers',
  why: 'One coordinate serves the four texels of a step, and the layer is a constant.',
  compute: (plain) => multiplyWith(plain, { rows: 8, weightLayers: 4 }),
};
