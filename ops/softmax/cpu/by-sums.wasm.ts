/** The formulas of ../by-sums.ts: elementwise over numbers of lines that broadcast. */
import { Elements, walkThree } from '../../elementwise/cpu/elements.wasm';
import { exp4 } from '../../elementwise/cpu/functions.wasm';

class SoftmaxBySums {
  @inline apply(_given: Elements, x: v128, largest: v128, total: v128): v128 {
    return f32x4.div(exp4(f32x4.sub(x, largest)), total);
  }
}
export function softmaxBySums(item: i32, args: usize, scratch: usize): void {
  walkThree<SoftmaxBySums>(item, args, scratch);
}

class LogSoftmax {
  @inline apply(_given: Elements, x: v128, largest: v128, logTotal: v128): v128 {
    return f32x4.sub(f32x4.sub(x, largest), logTotal);
  }
}
export function logSoftmax(item: i32, args: usize, scratch: usize): void {
  walkThree<LogSoftmax>(item, args, scratch);
}

class SoftmaxByX {
  @inline apply(_given: Elements, cotangent: v128, result: v128, share: v128): v128 {
    return f32x4.mul(result, f32x4.sub(cotangent, share));
  }
}
export function softmaxByX(item: i32, args: usize, scratch: usize): void {
  walkThree<SoftmaxByX>(item, args, scratch);
}
