/** v4 in 8 parts with w in a single layer; as many fetches. */
import type { Version } from '../version.ts';
import { multiplyInParts } from './partial-sums.ts';

export const splitOneLayer: Version = {
  name: 'v5 8 parts, 1 layer',
  why: 'Every core busy, and each with whole cache lines.',
  compute: (plain) => multiplyInParts(plain, { parts: 8, groups: 1, weightLayers: 1 }),
};
