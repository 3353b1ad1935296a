/** Philox4x32-10 (base/philox.ts), four counters at once. */
import { storeFirst } from '../../cpu/lines.wasm';

@unmanaged
class Uniform {
  stream: usize;
  samples: usize;
  result: usize;
  total: i32;
  each: i32;
  /** Numbers of a sample. */
  size: i32;
  use: i32;
}

export function uniform(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Uniform>(args);
  const seed = i32.load(given.stream) | (i32.load(given.stream, 4) << 16);
  const step = i32.load(given.stream, 8) | (i32.load(given.stream, 12) << 16);
  const end = min((item + 1) * given.each, given.total);
  let at = item * given.each;
  while (at < end) {
    const sample = at / given.size;
    const last = min(end, (sample + 1) * given.size);
    const number = i32.load(given.samples + (<usize>sample << 2));
    let element = at - sample * given.size;
    for (; at < last; at += 4, element += 4) {
      const four = drawFour(element, number, given.use, step, seed);
      const to = given.result + (<usize>at << 2);
      if (at + 4 <= last) v128.store(to, four);
      else storeFirst(to, four, last - at);
    }
    at = last;
  }
}

/** The numbers of four elements in a row. */
function drawFour(element: i32, sample: i32, use: i32, step: i32, seed: i32): v128 {
  let a = i32x4.add(i32x4.splat(element), i32x4(0, 1, 2, 3));
  let b = i32x4.splat(sample), c = i32x4.splat(use), d = i32x4.splat(step);
  let first = seed, second = 0;
  const left = i32x4.splat(0xd2511f53), right = i32x4.splat(0xcd9e8d57);
  for (let round = 0; round < 10; round++) {
    const lowA = i64x2.extmul_low_i32x4_u(a, left), highA = i64x2.extmul_high_i32x4_u(a, left);
    const lowC = i64x2.extmul_low_i32x4_u(c, right), highC = i64x2.extmul_high_i32x4_u(c, right);
    a = v128.xor(v128.xor(v128.shuffle<i32>(lowC, highC, 1, 3, 5, 7), b), i32x4.splat(first));
    b = v128.shuffle<i32>(lowC, highC, 0, 2, 4, 6);
    c = v128.xor(v128.xor(v128.shuffle<i32>(lowA, highA, 1, 3, 5, 7), d), i32x4.splat(second));
    d = v128.shuffle<i32>(lowA, highA, 0, 2, 4, 6);
    first += 0x9e3779b9;
    second += 0xbb67ae85;
  }
  const bits = f32x4.convert_i32x4_s(i32x4.shr_u(a, 9));
  return f32x4.mul(f32x4.add(bits, f32x4.splat(0.5)), f32x4.splat(1.1920928955078125e-7));
}
