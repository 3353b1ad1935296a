/** Every kernel of the CPU by its name: what `scripts/build-kernels.mjs` compiles to kernels.wasm. */
export {
  adamStep as adam_step,
  clipScale as clip_scale,
  firstMoment as first_moment,
  secondMoment as second_moment,
} from '../adam/cpu/adam.wasm';
export { argmax } from '../argmax/cpu/argmax.wasm';
export { bestOfChunks as best_of_chunks } from '../argmax/cpu/best-of-chunks.wasm';
export { attention, attentionScores as attention_scores } from '../attention/cpu/attention.wasm';
export { layRows as lay_rows } from '../cache/cpu/cache.wasm';
export { storeHalves as store_halves, widenHalves as widen_halves } from '../cast/cpu/halves.wasm';
export { pack_weights } from '../conv2d/cpu/pack-weights.wasm';
export { conv2d_by_weight } from '../conv2d-by-weight/cpu/conv2d-by-weight.wasm';
export { sum_parts } from '../conv2d-by-weight/cpu/sum-parts.wasm';
export { channel_best, pack_pixels, packed_conv2d, pooled_conv2d } from '../conv2d/cpu/packed-conv2d.wasm';
export {
  crossEntropy as cross_entropy,
  crossEntropyByLogits as cross_entropy_by_logits,
} from '../cross-entropy/cpu/cross-entropy.wasm';
export { pack_linear, scale_linear } from '../linear/cpu/pack-linear.wasm';
export { pack_strips, row_product } from '../matmul/cpu/row-product.wasm';
export { fill, move } from './moves.wasm';
export {
  geluByX as gelu_by_x,
  geluTanhByX as gelu_tanh_by_x,
  selectPositive as select_positive,
  selectWithin as select_within,
  siluByX as silu_by_x,
} from '../elementwise/cpu/derivatives.wasm';
export {
  addNumbers as add,
  castToHalf as cast_to_half,
  clampNumbers as clamp,
  copyNumbers as copy,
  divideNumbers as div,
  erfOf as erf,
  expOf as exp,
  geluOf as gelu,
  geluTanhOf as gelu_tanh,
  logOf as log,
  multiplyNumbers as mul,
  quickGeluOf as quick_gelu,
  reluOf as relu,
  scaleAdd as scale_add,
  sigmoidOf as sigmoid,
  siluOf as silu,
  subtractNumbers as sub,
  tanhOf as tanh,
  wholeToFloat as whole_to_float,
  wholeToHalf as whole_to_half,
} from '../elementwise/cpu/elementwise.wasm';
export { embedByTable as embed_by_table } from '../embedding/cpu/embed-by-table.wasm';
export { embed } from '../embedding/cpu/embedding.wasm';
export { gather } from '../gather/cpu/gather.wasm';
export { groupNorm as group_norm } from '../group-norm/cpu/group-norm.wasm';
export { layerNorm as layer_norm } from '../layer-norm/cpu/layer-norm.wasm';
export {
  layerNormByX as layer_norm_by_x,
  normalize,
  normMeans as norm_means,
  normStats as norm_stats,
} from '../layer-norm/cpu/norm-stats.wasm';
export { maxPool2d as max_pool2d } from '../max-pool2d/cpu/max-pool2d.wasm';
export { maxPool2dByX as max_pool2d_by_x } from '../max-pool2d-by-x/cpu/max-pool2d-by-x.wasm';
export { oneHot as one_hot } from '../one-hot/cpu/one-hot.wasm';
export { uniform } from '../random/cpu/uniform.wasm';
export { maxOf as max, meanOf as mean, sumOf as sum, sumProducts as sum_products } from '../reduce/cpu/reduce.wasm';
export { rotary } from '../rotary/cpu/rotary.wasm';
export {
  logSoftmax as log_softmax,
  softmaxBySums as softmax_by_sums,
  softmaxByX as softmax_by_x,
} from '../softmax/cpu/by-sums.wasm';
export { softmax } from '../softmax/cpu/softmax.wasm';
export { sumExponentials as sum_exponentials } from '../softmax/cpu/sum-exponentials.wasm';
export { sumPool2d as sum_pool2d } from '../sum-pool2d/cpu/sum-pool2d.wasm';
export { tokenShiftByCache as token_shift_by_cache } from '../token-shift/cpu/token-shift-by-cache.wasm';
export { tokenShift as token_shift } from '../token-shift/cpu/token-shift.wasm';
export { upsampleNearest2d as upsample_nearest2d } from '../upsample-nearest2d/cpu/upsample-nearest2d.wasm';
export { pack_winograd } from '../winograd/cpu/pack-winograd.wasm';
export { winograd_by_weight } from '../winograd/cpu/winograd-by-weight.wasm';
export { winograd_conv2d } from '../winograd/cpu/winograd-conv2d.wasm';
