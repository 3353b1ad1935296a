/** For each index a vector with a single 1, along any axis; NaN throughout for an index that has no place. */
import { storeFirst } from '../../cpu/lines.wasm';

@unmanaged
class OneHot {
  index: usize;
  result: usize;
  depth: i32;
  /** Indices side by side; 1 where vectors lie in one stretch. */
  inner: i32;
  units: i32;
  each: i32;
}

/** NaN where an index has no place, else zeros. */
// @ts-ignore: decorator
@inline
function spoilUnknown(index: v128, depth: i32): v128 {
  const isKnown = i32x4.lt_u(index, i32x4.splat(depth));
  return v128.andnot(f32x4.splat(NaN), isKnown);
}

export function oneHot(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<OneHot>(args);
  const depth = given.depth;
  const inner = given.inner;
  const end = min((item + 1) * given.each, given.units);
  for (let unit = item * given.each; unit < end; unit++) {
    if (inner === 1) {
      const index = v128.load32_splat(given.index + (<usize>unit << 2));
      const unknown = spoilUnknown(index, depth);
      let places = i32x4(0, 1, 2, 3);
      for (let d = 0; d < depth; d += 4) {
        storeUpTo(given.result + (<usize>(unit * depth + d) << 2), mark(places, index, unknown), depth - d);
        places = i32x4.add(places, i32x4.splat(4));
      }
    } else {
      const outer = unit / depth;
      const place = i32x4.splat(unit - outer * depth);
      for (let at = 0; at < inner; at += 4) {
        const index = v128.load(given.index + (<usize>(outer * inner + at) << 2));
        const numbers = mark(place, index, spoilUnknown(index, depth));
        storeUpTo(given.result + (<usize>(unit * inner + at) << 2), numbers, inner - at);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function mark(places: v128, index: v128, unknown: v128): v128 {
  return v128.or(unknown, v128.and(f32x4.splat(1), i32x4.eq(places, index)));
}

// @ts-ignore: decorator
@inline
function storeUpTo(to: usize, numbers: v128, count: i32): void {
  if (count >= 4) v128.store(to, numbers);
  else storeFirst(to, numbers, count);
}
