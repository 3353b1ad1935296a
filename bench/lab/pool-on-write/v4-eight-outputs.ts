/** The engine's rule: pooled as it is written, eight pooled pixels a fragment. */
import { poolOnWrite } from '../../../ops/rewrite/pool-on-write.ts';
import type { Version } from '../version.ts';
import { fuseConvolution } from './pooled-convolution.ts';

export const eightOutputs: Version = {
  name: 'v4 pooled, 8 outputs',
  why: 'v3 in the layout of every other map: four blocks of 4×2 pixels one after the other, in a loop.',
  rules: [...fuseConvolution, poolOnWrite],
  isEngineDefault: true,
  compute: (plain) => plain,
};
