/** The convolution clips what it reads. */
import { packConv2d } from '../../../ops/rewrite/pack-conv2d.ts';
import { reluOnRead } from '../../../ops/rewrite/relu-on-read.ts';
import type { Version } from '../version.ts';

export const clipsOnRead: Version = {
  name: 'v2 ReLU on read',
  why: 'Clipping a texel at each of its reads is arithmetic, which is almost free; a pass and a texture go.',
  rules: [packConv2d, reluOnRead],
  compute: (plain) => plain,
};
