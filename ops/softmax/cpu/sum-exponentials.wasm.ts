/** Σ e^(x − largest) along an axis: lines that lie in one stretch, or four lines side by side. */
import { addUp, storeFirst } from '../../cpu/lines.wasm';
import { exp4 } from '../../elementwise/cpu/functions.wasm';

/** The arguments of what goes along lines (lines.wasm.ts), and the largest number of each. */
@unmanaged
class LinesWithLargest {
  x: usize;
  result: usize;
  units: i32;
  each: i32;
  size: i32;
  inner: i32;
  largest: usize;
}

export function sumExponentials(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<LinesWithLargest>(args);
  const end = min((item + 1) * given.each, given.units);
  const groups = (given.inner + 3) >> 2;
  for (let unit = item * given.each; unit < end; unit++) {
    if (given.inner === 1) {
      const to = <usize>unit << 2;
      f32.store(given.result + to, sumLine(given.x + to * given.size, given.size, f32.load(given.largest + to)));
      continue;
    }
    const outer = unit / groups;
    const column = (unit - outer * groups) << 2;
    const x = given.x + (<usize>(outer * given.size * given.inner + column) << 2);
    const to = <usize>(outer * given.inner + column) << 2;
    const sums = sumFour(x, given.size, <usize>given.inner << 2, v128.load(given.largest + to));
    if (column + 4 <= given.inner) v128.store(given.result + to, sums);
    else storeFirst(given.result + to, sums, given.inner - column);
  }
}

function sumLine(x: usize, size: i32, largest: f32): f32 {
  const most = f32x4.splat(largest);
  let sums = f32x4.splat(0);
  let more = sums;
  let left = size;
  for (; left >= 8; left -= 8, x += 32) {
    sums = f32x4.add(sums, exp4(f32x4.sub(v128.load(x), most)));
    more = f32x4.add(more, exp4(f32x4.sub(v128.load(x, 16), most)));
  }
  let total = addUp(f32x4.add(sums, more));
  for (; left > 0; left--, x += 4) total += f32x4.extract_lane(exp4(f32x4.sub(v128.load32_splat(x), most)), 0);
  return total;
}

function sumFour(x: usize, size: i32, step: usize, largest: v128): v128 {
  let sums = f32x4.splat(0);
  for (const end = x + <usize>size * step; x < end; x += step) {
    sums = f32x4.add(sums, exp4(f32x4.sub(v128.load(x), largest)));
  }
  return sums;
}
