/** The same eight pixels as a block of 4×2: for 3×3, 24 fetches for 384 multiply-adds, since rows overlap unshared. */
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const blockOf4x2: Version = {
  name: 'v8 block 4×2',
  why: 'A block nearer to square reaches fewer pixels in all, but this kernel walks tap rows and reads a row again for each.',
  compute: (plain) => convolveWith(plain, { block: { width: 4, height: 2 } }),
};
