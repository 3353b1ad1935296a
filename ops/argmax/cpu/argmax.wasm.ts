/** arg-max along an axis: the first of equals, -1 where a number is NaN. Lines in one stretch, or four side by side. */
import { Lines, largestInLine } from '../../cpu/lines.wasm';

export function argmax(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Lines>(args);
  const end = min((item + 1) * given.each, given.units);
  const groups = (given.inner + 3) >> 2;
  for (let unit = item * given.each; unit < end; unit++) {
    if (given.inner === 1) {
      const x = given.x + (<usize>(unit * given.size) << 2);
      i32.store(given.result + (<usize>unit << 2), findLargest(x, given.size));
    } else {
      const outer = unit / groups;
      const column = (unit - outer * groups) << 2;
      const x = given.x + (<usize>(outer * given.size * given.inner + column) << 2);
      const to = given.result + (<usize>(outer * given.inner + column) << 2);
      const places = findFour(x, given.size, <usize>given.inner << 2);
      const count = min(4, given.inner - column);
      i32.store(to, i32x4.extract_lane(places, 0));
      if (count > 1) i32.store(to, i32x4.extract_lane(places, 1), 4);
      if (count > 2) i32.store(to, i32x4.extract_lane(places, 2), 8);
      if (count > 3) i32.store(to, i32x4.extract_lane(places, 3), 12);
    }
  }
}

function findLargest(x: usize, size: i32): i32 {
  const largest = largestInLine(x, size);
  if (largest !== largest) return -1;
  const wanted = f32x4.splat(largest);
  let at = 0;
  while (!v128.any_true(f32x4.eq(v128.load(x + (<usize>at << 2)), wanted))) at += 4;
  while (f32.load(x + (<usize>at << 2)) !== largest) at++;
  return at;
}

function findFour(x: usize, size: i32, step: usize): v128 {
  let best = f32x4.splat(-Infinity);
  let found = i32x4.splat(0);
  let spoilt = i32x4.splat(0);
  for (let at = 0; at < size; at++) {
    const numbers = v128.load(x);
    const isBetter = f32x4.gt(numbers, best);
    best = v128.bitselect(numbers, best, isBetter);
    found = v128.bitselect(i32x4.splat(at), found, isBetter);
    spoilt = v128.or(spoilt, f32x4.ne(numbers, numbers));
    x += step;
  }
  return v128.or(found, spoilt);
}
