/**
 * Ops by name, for workers of the CPU device: what they have no kernel for, they compute by its plain loop. A test sees
 * to it that no op of ours is missing; ops of others run in the thread of the caller.
 */
import type { Op } from '../../engine/index.ts';
import { adamStepOp, clipScaleOp, firstMomentOp, secondMomentOp } from '../adam/adam.ts';
import { afterOp } from '../after/after.ts';
import { argmaxOp } from '../argmax/argmax.ts';
import { bestOfChunksOp, channelBestOp } from '../argmax/channel-argmax.ts';
import { assignOp } from '../assign/assign.ts';
import { attentionScoresOp, attentionValuesOp } from '../attention/attention.ts';
import { broadcastToOp } from '../broadcast-to/broadcast-to.ts';
import { appendRowsOp, layRowsOp } from '../cache/cache.ts';
import { castToFloatOp, castToHalfOp, halfWeightsOp } from '../cast/cast.ts';
import { concatOp } from '../concat/concat.ts';
import { conv2dOp } from '../conv2d/conv2d.ts';
import { packWeightsOp, packedConv2dOp } from '../conv2d/packed-conv2d.ts';
import { pooledConv2dOp } from '../conv2d/pooled-conv2d.ts';
import { conv2dByWeightOp } from '../conv2d-by-weight/conv2d-by-weight.ts';
import { stridedConv2dOp } from '../conv2d/strided-conv2d.ts';
import { crossEntropyByLogitsOp, crossEntropyOp } from '../cross-entropy/cross-entropy.ts';
import { addOp, divOp, mulOp, scaleAddOp, subOp } from '../elementwise/binary.ts';
import { geluByXOp, geluTanhByXOp, selectPositiveOp, selectWithinOp, siluByXOp } from '../elementwise/derivatives.ts';
import { clampOp, erfOp, expOp, geluOp, geluTanhOp, logOp, quickGeluOp } from '../elementwise/unary.ts';
import { reluOp, sigmoidOp, siluOp, tanhOp } from '../elementwise/unary.ts';
import { embedByTableOp } from '../embedding/embed-by-table.ts';
import { embedOp } from '../embedding/embedding.ts';
import { fromRowsOp, toRowsOp } from '../flat-rows/flat-rows.ts';
import { flipWeightsOp } from '../flip-weights/flip-weights.ts';
import { gatherOp } from '../gather/gather.ts';
import { groupNormOp } from '../group-norm/group-norm.ts';
import { layerNormOp } from '../layer-norm/layer-norm.ts';
import { layerNormByXOp, normalizeOp, normMeansOp, normStatsOp } from '../layer-norm/norm-stats.ts';
import { scaleColumnsOp, sumRowsOp } from '../linear/fold-norm.ts';
import { linearOp } from '../linear/linear.ts';
import { packLinearOp, packedLinearOp } from '../linear/packed-linear.ts';
import { lookupTableOp } from '../lookup-table/lookup-table.ts';
import { matmulOp } from '../matmul/matmul.ts';
import { maxPool2dByXOp } from '../max-pool2d-by-x/max-pool2d-by-x.ts';
import { maxPool2dOp } from '../max-pool2d/max-pool2d.ts';
import { oneHotOp } from '../one-hot/one-hot.ts';
import { padOp } from '../pad/pad.ts';
import { pixelShuffleOp } from '../pixel-shuffle/pixel-shuffle.ts';
import { uniformOp } from '../random/uniform.ts';
import { partialSumsOp } from '../reduce/partial-sums.ts';
import { maxOp, meanOp, sumOp } from '../reduce/reduce.ts';
import { sumProductsOp } from '../reduce/sum-products.ts';
import { reshapeOp } from '../reshape/reshape.ts';
import { rotaryOp } from '../rotary/rotary.ts';
import { sliceOp } from '../slice/slice.ts';
import { logSoftmaxOp, softmaxBySumsOp, softmaxByXOp } from '../softmax/by-sums.ts';
import { softmaxOp } from '../softmax/softmax.ts';
import { sumExponentialsOp } from '../softmax/sum-exponentials.ts';
import { sumPool2dOp } from '../sum-pool2d/sum-pool2d.ts';
import { takeRowsOp } from '../take-rows/take-rows.ts';
import { tokenShiftByCacheOp } from '../token-shift/token-shift-by-cache.ts';
import { tokenShiftOp } from '../token-shift/token-shift.ts';
import { transposeOp } from '../transpose/transpose.ts';
import { upsampleNearest2dOp } from '../upsample-nearest2d/upsample-nearest2d.ts';

const ops: readonly unknown[] = [
  scaleColumnsOp,
  sumRowsOp,
  adamStepOp,
  clipScaleOp,
  firstMomentOp,
  secondMomentOp,
  afterOp,
  broadcastToOp,
  fromRowsOp,
  toRowsOp,
  argmaxOp,
  bestOfChunksOp,
  channelBestOp,
  assignOp,
  attentionScoresOp,
  attentionValuesOp,
  appendRowsOp,
  layRowsOp,
  castToFloatOp,
  castToHalfOp,
  halfWeightsOp,
  concatOp,
  conv2dOp,
  packWeightsOp,
  packedConv2dOp,
  pooledConv2dOp,
  stridedConv2dOp,
  addOp,
  divOp,
  mulOp,
  scaleAddOp,
  subOp,
  clampOp,
  erfOp,
  expOp,
  geluOp,
  geluTanhOp,
  logOp,
  quickGeluOp,
  reluOp,
  sigmoidOp,
  siluOp,
  tanhOp,
  embedByTableOp,
  embedOp,
  gatherOp,
  groupNormOp,
  layerNormOp,
  linearOp,
  packLinearOp,
  packedLinearOp,
  lookupTableOp,
  matmulOp,
  maxPool2dOp,
  oneHotOp,
  padOp,
  pixelShuffleOp,
  maxOp,
  meanOp,
  sumOp,
  reshapeOp,
  rotaryOp,
  sliceOp,
  softmaxOp,
  conv2dByWeightOp,
  flipWeightsOp,
  maxPool2dByXOp,
  sumPool2dOp,
  takeRowsOp,
  tokenShiftByCacheOp,
  tokenShiftOp,
  transposeOp,
  upsampleNearest2dOp,
  crossEntropyByLogitsOp,
  crossEntropyOp,
  geluByXOp,
  geluTanhByXOp,
  selectPositiveOp,
  selectWithinOp,
  siluByXOp,
  layerNormByXOp,
  normalizeOp,
  normMeansOp,
  normStatsOp,
  partialSumsOp,
  uniformOp,
  sumProductsOp,
  logSoftmaxOp,
  softmaxBySumsOp,
  softmaxByXOp,
  sumExponentialsOp,
];

export const loops: ReadonlyMap<string, Op> = new Map((ops as readonly Op[]).map((op) => [op.name, op]));
