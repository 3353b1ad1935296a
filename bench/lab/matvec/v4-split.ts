/** K in 16 parts, summed by a second pass: 5 fetches for 16 multiply-adds by 16 times as many fragments. */
import type { Version } from '../version.ts';
import { multiplyInParts } from './partial-sums.ts';

export const splitK: Version = {
  name: 'v4 K in 16 parts',
  why: 'N/4 = 1024 fragments fit one screen tile, so one core works; sixteen times as many keep every core busy.',
  compute: (plain) => multiplyInParts(plain, { parts: 16, groups: 1, weightLayers: 8 }),
};
