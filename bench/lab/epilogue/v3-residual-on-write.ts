/** The convolution also adds the residual as it writes: one pass in all. */
import { packConv2d } from '../../../ops/rewrite/pack-conv2d.ts';
import { reluOnRead } from '../../../ops/rewrite/relu-on-read.ts';
import { residualOnWrite } from '../../../ops/rewrite/residual-on-write.ts';
import type { Version } from '../version.ts';

export const addsOnWrite: Version = {
  name: 'v3 residual on write',
  why: 'The residual is read where the sum is in registers: no second texture, no third pass.',
  rules: [packConv2d, reluOnRead, residualOnWrite],
  isEngineDefault: true,
  compute: (plain) => plain,
};
