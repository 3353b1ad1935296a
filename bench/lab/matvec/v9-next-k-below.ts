/** v8 with the next four k in the row below instead of along the row; as many fetches. */
import type { Version } from '../version.ts';
import { multiplyToStrip } from './strips.ts';

export const nextKBelow: Version = {
  name: 'v9 next k below',
  why: 'Lost: each step of the loop is a row of texels on, and so another page of memory.',
  compute: (plain) => multiplyToStrip(plain, { height: 8, nextK: 'below' }),
};
