/** softmax along an axis: lines that lie in one stretch, or four lines side by side. */
import { Lines, addUp, largestInLine, storeFirst } from '../../cpu/lines.wasm';
import { LEAST, exp4 } from '../../elementwise/cpu/functions.wasm';

export function softmax(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Lines>(args);
  const end = min((item + 1) * given.each, given.units);
  const groups = (given.inner + 3) >> 2;
  for (let unit = item * given.each; unit < end; unit++) {
    if (given.inner === 1) computeLine(given, <usize>(unit * given.size) << 2);
    else {
      const outer = unit / groups;
      const column = (unit - outer * groups) << 2;
      const start = outer * given.size * given.inner + column;
      computeFour(given, <usize>start << 2, min(4, given.inner - column));
    }
  }
}

function computeLine(given: Lines, offset: usize): void {
  const size = given.size;
  const x = given.x + offset;
  const result = given.result + offset;
  const largest = f32x4.splat(largestInLine(x, size));
  let sums = f32x4.splat(0);
  let at = 0;
  for (; at + 4 <= size; at += 4) {
    const below = f32x4.sub(v128.load(x + (<usize>at << 2)), largest);
    // Half of what a mask hides lies side by side.
    if (i32x4.all_true(f32x4.lt(below, f32x4.splat(LEAST)))) {
      v128.store(result + (<usize>at << 2), f32x4.splat(0));
      continue;
    }
    const powers = exp4(below);
    v128.store(result + (<usize>at << 2), powers);
    sums = f32x4.add(sums, powers);
  }
  let total = addUp(sums);
  for (; at < size; at++) {
    const power = f32x4.extract_lane(exp4(f32x4.sub(v128.load32_splat(x + (<usize>at << 2)), largest)), 0);
    f32.store(result + (<usize>at << 2), power);
    total += power;
  }
  const totals = f32x4.splat(total);
  for (at = 0; at + 4 <= size; at += 4) {
    v128.store(result + (<usize>at << 2), f32x4.div(v128.load(result + (<usize>at << 2)), totals));
  }
  for (; at < size; at++) f32.store(result + (<usize>at << 2), f32.load(result + (<usize>at << 2)) / total);
}

/** Up to four lines at once. */
function computeFour(given: Lines, offset: usize, count: i32): void {
  const step = <usize>given.inner << 2;
  const end = offset + <usize>given.size * step;
  let largest = f32x4.splat(-Infinity);
  for (let at = offset; at < end; at += step) largest = f32x4.max(largest, v128.load(given.x + at));
  let sums = f32x4.splat(0);
  for (let at = offset; at < end; at += step) {
    sums = f32x4.add(sums, exp4(f32x4.sub(v128.load(given.x + at), largest)));
  }
  for (let at = offset; at < end; at += step) {
    const shares = f32x4.div(exp4(f32x4.sub(v128.load(given.x + at), largest)), sums);
    if (count === 4) v128.store(given.result + at, shares);
    else storeFirst(given.result + at, shares, count);
  }
}
