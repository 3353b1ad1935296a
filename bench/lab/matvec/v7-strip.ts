/** v3 whose result is one row of texels; as many fetches. */
import type { Version } from '../version.ts';
import { multiplyToStrip } from './strips.ts';

export const oneRowStrip: Version = {
  name: 'v7 strip of 1 row',
  why: 'A strip crosses many screen tiles, so every core works with no second pass; but llvmpipe computes 4×4 texels at a time.',
  compute: (plain) => multiplyToStrip(plain, { height: 1, nextK: 'along' }),
};
