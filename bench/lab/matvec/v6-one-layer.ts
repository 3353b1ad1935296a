/** v4 with w in a single layer, k along x; as many fetches. */
import type { Version } from '../version.ts';
import { multiplyInParts } from './partial-sums.ts';

export const oneLayer: Version = {
  name: 'v6 w in 1 layer',
  why: 'What a fragment reads lies in consecutive memory: whole cache lines for a kernel bound by memory.',
  compute: (plain) => multiplyInParts(plain, { parts: 16, groups: 4, weightLayers: 1 }),
};
