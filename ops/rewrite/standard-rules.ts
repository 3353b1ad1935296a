/**
 * The rules every plan is made with, in two lists. `algebra` changes how much work there is, and is as true on a CPU as
 * on a GPU. The rest suits WebGL, where each op is a draw and each map a texture: what is too large is cut, products
 * get the kernels that read fewest texels, and what stands beside a product joins its draw. The CPU has a
 * list of its own.
 *
 * A later rule is tried only where no earlier one fits any more: first cutting and algebra, on plain conv2d; then
 * packing; then what a packed product takes into its own draw; then its algorithm.
 */
import type { Rule } from '../../engine/index.ts';
import { activationOnWrite } from './activation-on-write.ts';
import { argmaxOnWrite } from './argmax-on-write.ts';
import { branchOnWrite } from './branch-on-write.ts';
import { dropDeadChannels } from './drop-dead-channels.ts';
import { gatherOneHot } from './gather-one-hot.ts';
import { halfOnWrite } from './half-on-write.ts';
import { keepTables } from './keep-halves.ts';
import { normOnAppend } from './norm-on-append.ts';
import { normOnRead } from './norm-on-read.ts';
import { packConv2d, packConv2dForCpu } from './pack-conv2d.ts';
import { packLinears, packLinearsForCpu } from './pack-linear.ts';
import { poolOnWrite } from './pool-on-write.ts';
import { poolSooner } from './pool-sooner.ts';
import { reluOnRead } from './relu-on-read.ts';
import { residualOnWrite } from './residual-on-write.ts';
import { rotaryOnWrite } from './rotary-on-write.ts';
import { siluOnWrite } from './silu-on-write.ts';
import { splitByWeight } from './split-by-weight.ts';
import { splitBatch } from './split-batch.ts';
import { splitGroupNorm } from './split-group-norm.ts';
import { splitLayerNorm } from './split-layer-norm.ts';
import { splitLongSums } from './split-long-sums.ts';
import { splitSoftmax } from './split-softmax.ts';
import { tileLargeMaps } from './tile-large-maps.ts';
import { transposeOnRead } from './transpose-on-read.ts';
import { upsampleLater } from './upsample-later.ts';
import { widenKeptHalves } from './widen-kept-halves.ts';
import { winogradByWeightFour, winogradByWeightTwo, winogradFour, winogradTwo } from './winograd-for-cpu.ts';
import { winogradLargeMaps, winogradSmallMaps } from './winograd.ts';

/** For every device: fewer multiplications, and maps that are never made. */
export const algebra: readonly Rule[] = [
  // A table lookup in the place of a product with a one-hot picture.
  gatherOneHot,
  // Channels that nobody reads are not computed.
  dropDeadChannels,
  // What looks at one pixel at a time runs on the small map.
  upsampleLater,
  // And on the way back what adds up windows does so first.
  poolSooner,
];

/**
 * For WebGL, before the algebra: they know plain ops only, and cut a section as it was written. Their limits are those
 * of textures, and a map that is cut is computed by more draws, with halos twice: a device with memory enough needs
 * */
const cutting: readonly Rule[] = [tileLargeMaps, splitBatch];

/** For WebGL, after it: how a product is drawn, what it does besides as it reads and writes, and by which algorithm. */
const drawing: readonly Rule[] = [
  // A texel of a packed weight serves four channels of the result: how a GPU reads, not what is computed.
  packConv2d,
  // Ops before and behind a convolution that would each be a draw and a texture.
  reluOnRead,
  residualOnWrite,
  poolOnWrite,
  argmaxOnWrite,
  siluOnWrite,
  // Sums over whole maps, shared out.
  splitByWeight,
  splitGroupNorm,
  splitLongSums,
  // Lines that are walked once.
  splitSoftmax,
  // A texel of halves is rounded as it is written.
  halfOnWrite,
  // What came as halves is kept so.
  keepTables,
  // The same for a transformer's products, and what stands beside them.
  packLinears,
  normOnRead,
  normOnAppend,
  activationOnWrite,
  branchOnWrite,
  rotaryOnWrite,
  // Of a LayerNorm that no product reads.
  splitLayerNorm,
  // Fewer multiplications too, but by four passes whose limits were measured in texture reads.
  winogradLargeMaps,
  winogradSmallMaps,
];

/** All rewrite rules of WebGL, in the order in which they are tried. */
export const standardRules: readonly Rule[] = [...cutting, ...algebra, ...drawing];

/** All rewrite rules of the CPU, in the order in which they are tried: nothing is cut, and a LayerNorm stays an op. */
export const cpuRules: readonly Rule[] = [
  ...algebra,
  packConv2dForCpu,
  // What a product takes along as it reads its panels and writes its tiles.
  reluOnRead,
  residualOnWrite,
  widenKeptHalves,
  poolOnWrite,
  argmaxOnWrite,
  siluOnWrite,
  keepTables,
  packLinearsForCpu,
  transposeOnRead,
  activationOnWrite,
  branchOnWrite,
  // Last, with all that they take along.
  winogradFour,
  winogradTwo,
  winogradByWeightFour,
  winogradByWeightTwo,
];
