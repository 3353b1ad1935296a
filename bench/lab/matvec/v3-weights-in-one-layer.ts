/** v2 with w in a single layer, k along x; as many fetches. */
import type { Version } from '../version.ts';
import { multiplyWith } from '../matmul/engine-kernel.ts';

export const weightsInOneLayer: Version = {
  name: 'v3 w in 1 layer',
  why: 'The four k of a step are one cache line, where eight layers are eight places: memory is what bounds this kernel.',
  compute: (plain) => multiplyWith(plain, { rows: 1, weightLayers: 1 }),
};
