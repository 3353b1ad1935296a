/** Every kernel of the CPU by its name: what `scripts/build-kernels.mjs` compiles to kernels.wasm. */
import { madd } from './tile.wasm';

export function trial(_item: i32, args: usize, scratch: usize): void {
  v128.store(scratch, madd(v128.load(args), v128.load(args, 16), v128.load(scratch)));
}

export * from '../elementwise/cpu/elementwise.wasm';
