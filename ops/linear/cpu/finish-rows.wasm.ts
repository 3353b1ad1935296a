/** What ends a product of rows: bias, activation, scale and residual on sums that lie in scratch, row by row. */
import { RowProductArgs } from '../../matmul/cpu/row-product-args.wasm';
import { gelu4, geluTanh4 } from '../../elementwise/cpu/functions.wasm';

/** Activations by their numbers, as row-product.ts has them. */
const GELU: i32 = 1;
const GELU_TANH: i32 = 2;
const GEGLU: i32 = 3;

/** What a missing vector stands for. */
// @ts-ignore: decorator
@inline
function loadOr(address: usize, at: usize, otherwise: f32): v128 {
  return address ? v128.load(address + at) : f32x4.splat(otherwise);
}

/** Stores the first `count` of four numbers. */
function storeFirst(to: usize, four: v128, count: i32): void {
  f32.store(to, f32x4.extract_lane(four, 0));
  if (count > 1) f32.store(to, f32x4.extract_lane(four, 1), 4);
  if (count > 2) f32.store(to, f32x4.extract_lane(four, 2), 8);
}

/** `column` is the first of the result's; gates are the sums of the second half of the matrix. */
export function finishRows(
  a: RowProductArgs, first: usize, rows: i32, column: i32, columns: i32, sums: usize, gates: usize, stride: usize,
): void {
  const vector = <usize>column << 2;
  const gateVector = vector + (<usize>a.outputs << 2);
  const bias = a.bias;
  const scale = a.scale;
  const activation = a.activation;
  for (let row = 0; row < rows; row++, sums += stride, gates += stride) {
    const into = ((first + row) * a.outputs << 2) + vector;
    const to = a.output + into;
    const residual = a.residual ? a.residual + into : 0;
    for (let c = 0; c < columns; c += 4) {
      const at = <usize>c << 2;
      let value = f32x4.add(v128.load(sums + at), loadOr(bias, vector + at, 0));
      if (activation === GELU) value = gelu4(value);
      else if (activation === GELU_TANH) value = geluTanh4(value);
      else if (activation === GEGLU) {
        value = f32x4.mul(value, gelu4(f32x4.add(v128.load(gates + at), loadOr(bias, gateVector + at, 0))));
      }
      if (scale) value = f32x4.mul(value, v128.load(scale + vector + at));
      if (residual) value = f32x4.add(value, v128.load(residual + at));
      if (c + 4 <= columns) v128.store(to + at, value);
      else storeFirst(to + at, value, columns - c);
    }
  }
}
