/** Every kernel of the CPU by its name: what `scripts/build-kernels.mjs` compiles to kernels.wasm. */
export { pack_weights } from '../conv2d/cpu/pack-weights.wasm';
export { channel_best, packed_conv2d, pooled_conv2d } from '../conv2d/cpu/packed-conv2d.wasm';
export { pack_linear } from '../linear/cpu/pack-linear.wasm';
export { row_product } from '../matmul/cpu/row-product.wasm';
export { pack_winograd } from '../winograd/cpu/pack-winograd.wasm';
export { winograd_conv2d } from '../winograd/cpu/winograd-conv2d.wasm';
