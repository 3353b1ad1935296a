/**
 * The rules every plan is made with. A later one is tried only where no earlier one fits any more: first tiling and what
 * changes the work, on plain conv2d; then packing; then what a packed convolution takes into its own draw; then its
 * algorithm.
 */
import type { Rule } from '../../engine/index.ts';
import { activationOnWrite } from './activation-on-write.ts';
import { argmaxOnWrite } from './argmax-on-write.ts';
import { branchOnWrite } from './branch-on-write.ts';
import { dropDeadChannels } from './drop-dead-channels.ts';
import { gatherOneHot } from './gather-one-hot.ts';
import { halfOnWrite } from './half-on-write.ts';
import { normOnAppend } from './norm-on-append.ts';
import { normOnRead } from './norm-on-read.ts';
import { packConv2d } from './pack-conv2d.ts';
import { packLinears } from './pack-linear.ts';
import { poolOnWrite } from './pool-on-write.ts';
import { reluOnRead } from './relu-on-read.ts';
import { residualOnWrite } from './residual-on-write.ts';
import { rotaryOnWrite } from './rotary-on-write.ts';
import { splitBatch } from './split-batch.ts';
import { tileLargeMaps } from './tile-large-maps.ts';
import { upsampleLater } from './upsample-later.ts';
import { winogradLargeMaps, winogradSmallMaps } from './winograd.ts';

/** All rewrite rules, in the order in which they are tried. */
export const standardRules: readonly Rule[] = [
  tileLargeMaps,
  splitBatch,
  gatherOneHot,
  dropDeadChannels,
  upsampleLater,
  packConv2d,
  reluOnRead,
  residualOnWrite,
  poolOnWrite,
  argmaxOnWrite,
  halfOnWrite,
  packLinears,
  normOnRead,
  normOnAppend,
  activationOnWrite,
  branchOnWrite,
  rotaryOnWrite,
  winogradLargeMaps,
  winogradSmallMaps,
];
