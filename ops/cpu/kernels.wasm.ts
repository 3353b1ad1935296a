/** Every kernel of the CPU by its name: what `scripts/build-kernels.mjs` compiles to kernels.wasm. */
export { pack_weights } from '../conv2d/cpu/pack-weights.wasm';
export { packed_conv2d } from '../conv2d/cpu/packed-conv2d.wasm';
export { pack_linear } from '../linear/cpu/pack-linear.wasm';
export { row_product } from './row-product.wasm';
