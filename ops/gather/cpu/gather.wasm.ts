/**
 * Rows of a table for indices: whole rows one after another, or laid across channels. The table is of floats, or of
 * halves; an index that it does not have gives NaN.
 */
import { loadHalves4 } from '../../cast/cpu/halves.wasm';

@unmanaged
class Rows {
  table: usize;
  index: usize;
  result: usize;
  /** Rows of the table, and numbers in each. */
  rows: i32;
  width: i32;
  /** Indices side by side that a number of their rows is laid along, and how many stretches of them there are. */
  inner: i32;
  units: i32;
  each: i32;
  /** Indices in a unit. */
  block: i32;
  isHalf: i32;
}

export function gather(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const end = min((item + 1) * given.each, given.units);
  const inner = given.inner;
  const blocks = (inner + given.block - 1) / given.block;
  for (let unit = item * given.each; unit < end; unit++) {
    const outer = unit / blocks;
    const first = (unit - outer * blocks) * given.block;
    const count = min(given.block, inner - first);
    const index = given.index + (<usize>(outer * inner + first) << 2);
    const result = given.result + (<usize>(outer * inner * given.width + first) << 2);
    for (let d = 0; d < given.width; d++) {
      const to = result + (<usize>(d * inner) << 2);
      for (let at = 0; at < count; at++) {
        const row = i32.load(index + (<usize>at << 2));
        const isKnown = row >= 0 && row < given.rows;
        f32.store(to + (<usize>at << 2), isKnown ? readNumber(given, row * given.width + d) : f32(NaN));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function readNumber(given: Rows, at: i32): f32 {
  if (!given.isHalf) return f32.load(given.table + (<usize>at << 2));
  return f32x4.extract_lane(loadHalves4(given.table + (<usize>at << 1)), 0);
}
