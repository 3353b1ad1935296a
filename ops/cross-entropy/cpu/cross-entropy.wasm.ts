/** Losses of rows, and their gradient: one pass over the logits, by the two numbers of each row. */
import { storeFirst } from '../../cpu/lines.wasm';
import { exp4, log4 } from '../../elementwise/cpu/functions.wasm';

@unmanaged
class Rows {
  result: usize;
  rows: i32;
  each: i32;
  classes: i32;
  logits: usize;
  largest: usize;
  total: usize;
  target: usize;
  /** 0 where there is none. */
  weight: usize;
  cotangent: usize;
}

export function crossEntropy(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const end = min((item + 1) * given.each, given.rows);
  for (let row = item * given.each; row < end; row++) {
    const at = <usize>row << 2;
    const right = i32.load(given.target + at);
    let loss: f32 = NaN;
    if (right >= 0 && right < given.classes) {
      const score = f32.load(given.logits + (<usize>(row * given.classes + right) << 2));
      const logTotal = f32x4.extract_lane(log4(v128.load32_splat(given.total + at)), 0);
      loss = weightOf(given, at) * (logTotal - (score - f32.load(given.largest + at)));
    }
    f32.store(given.result + at, loss);
  }
}

export function crossEntropyByLogits(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const classes = given.classes;
  const end = min((item + 1) * given.each, given.rows);
  for (let row = item * given.each; row < end; row++) {
    const at = <usize>row << 2;
    const right = i32.load(given.target + at);
    const isKnown = right >= 0 && right < classes;
    const gain: f32 = isKnown ? f32.load(given.cotangent + at) * weightOf(given, at) : NaN;
    const gains = f32x4.splat(gain);
    const largest = v128.load32_splat(given.largest + at);
    const total = v128.load32_splat(given.total + at);
    let x = given.logits + (<usize>(row * classes) << 2);
    const start = given.result + (<usize>(row * classes) << 2);
    let result = start;
    for (const last = start + (<usize>(classes & ~3) << 2); result < last; result += 16, x += 16) {
      v128.store(result, f32x4.mul(gains, f32x4.div(exp4(f32x4.sub(v128.load(x), largest)), total)));
    }
    if (classes & 3) {
      storeFirst(result, f32x4.mul(gains, f32x4.div(exp4(f32x4.sub(v128.load(x), largest)), total)), classes & 3);
    }
    if (!isKnown) continue;
    // The right class by itself: its share less 1 must not be rounded twice.
    const own = <usize>right << 2;
    const score = v128.load32_splat(given.logits + (<usize>(row * classes) << 2) + own);
    const share = f32x4.extract_lane(f32x4.div(exp4(f32x4.sub(score, largest)), total), 0);
    f32.store(start + own, gain * (share - 1));
  }
}

function weightOf(given: Rows, at: usize): f32 {
  return given.weight ? f32.load(given.weight + at) : <f32>1;
}
