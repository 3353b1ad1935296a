/** v4 with the four k of a step in four layers at one place; as many fetches. */
import type { Version } from '../version.ts';
import { multiplyInParts } from './partial-sums.ts';

export const layersOfFour: Version = {
  name: 'v5 w in 4 layers',
  why: 'The layer of a read is a constant and one coordinate serves four.',
  compute: (plain) => multiplyInParts(plain, { parts: 16, groups: 4, weightLayers: 4 }),
};
