/** v7 whose result is eight rows of texels. */
import type { Version } from '../version.ts';
import { multiplyToStrip } from './strips.ts';

export const eightRowStrip: Version = {
  name: 'v8 strip of 8 rows',
  why: 'Whole blocks of 4×4 texels, and 128 across: a screen tile for each of two cores.',
  compute: (plain) => multiplyToStrip(plain, { height: 8, nextK: 'along' }),
};
