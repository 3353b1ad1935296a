/** The upsampled map, and the engine's direct convolution of it. */
import { packConv2d } from '../../../ops/rewrite/pack-conv2d.ts';
import type { Version } from '../version.ts';

export const direct: Version = {
  name: 'v1 upsample, direct',
  why: 'The definition with packed weights: nine taps a pixel of the large map.',
  rules: [packConv2d],
  compute: (plain) => plain,
};
