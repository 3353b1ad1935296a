/**
 * Every op, and `compile` and `run` with the standard rewrite rules bound; for authors of ops also what writes shaders.
 */
export { checkpoint, constant, State, stopGradient, Tensor, tensor } from '../engine/index.ts';
export type {
  Compiled,
  Device,
  PrepareOptions,
  Result,
  RunOptions,
  Shape,
  StopSignal,
  TensorType,
  Traced,
} from '../engine/index.ts';
export { attention } from './attention/attention.ts';
export type { AttentionAttributes } from './attention/attributes.ts';
export type { Mask } from './attention/mask.ts';
export { argmax } from './argmax/argmax.ts';
export { assign } from './assign/assign.ts';
export { appendRows, createCache, layRows } from './cache/cache.ts';
export type { CacheAttributes, CacheForm } from './cache/attributes.ts';
export { broadcastTo } from './broadcast-to/broadcast-to.ts';
export { castToFloat, castToHalf } from './cast/cast.ts';
export { compile, run } from './compile.ts';
export type { RewriteOptions } from './compile.ts';
export { concat } from './concat/concat.ts';
export { conv2d } from './conv2d/conv2d.ts';
export { stridedConv2d } from './conv2d/strided-conv2d.ts';
export type { StridedConv2dOptions } from './conv2d/strided-conv2d.ts';
export { add, div, mul, scaleAdd, sub } from './elementwise/binary.ts';
export { clamp, erf, exp, gelu, geluTanh, log, quickGelu, relu, sigmoid, silu, tanh } from './elementwise/unary.ts';
export { crossEntropy } from './cross-entropy/cross-entropy.ts';
export { embed } from './embedding/embedding.ts';
export { gather } from './gather/gather.ts';
export { gradients } from './gradient/gradients.ts';
export { groupNorm } from './group-norm/group-norm.ts';
export type { GroupNormOptions } from './group-norm/group-norm.ts';
export { layerNorm } from './layer-norm/layer-norm.ts';
export { linear } from './linear/linear.ts';
export { matmul } from './matmul/matmul.ts';
export type { MatmulOptions } from './matmul/matmul.ts';
export { maxPool2d } from './max-pool2d/max-pool2d.ts';
export { oneHot } from './one-hot/one-hot.ts';
export { pad } from './pad/pad.ts';
export { pixelShuffle } from './pixel-shuffle/pixel-shuffle.ts';
export { uniform } from './random/uniform.ts';
export type { UniformAttributes } from './random/attributes.ts';
export { max, mean, sum } from './reduce/reduce.ts';
export { reshape } from './reshape/reshape.ts';
export { rotary } from './rotary/rotary.ts';
export type { RotaryAttributes } from './rotary/attributes.ts';
export { slice } from './slice/slice.ts';
export { floatLiteral } from './shader/accessors.ts';
export { writeElementShader, writePixelShader } from './shader/fragment.ts';
export { gridArguments, logicalIndices } from './shader/indices.ts';
export { logSoftmax } from './softmax/by-sums.ts';
export { softmax } from './softmax/softmax.ts';
export { standardRules } from './rewrite/standard-rules.ts';
export { tokenShift } from './token-shift/token-shift.ts';
export type { TokenShiftAttributes } from './token-shift/attributes.ts';
export { transpose } from './transpose/transpose.ts';
export { upsampleNearest2d } from './upsample-nearest2d/upsample-nearest2d.ts';
export { createElementwise } from './user-kernel/user-kernel.ts';
export type { Elementwise } from './user-kernel/user-kernel.ts';
export type { GpuJs } from './user-kernel/translate.ts';
