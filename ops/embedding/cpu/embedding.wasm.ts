/** A row of one table for each token, and of another for its position. Tables may be of halves. */
import { loadHalves4 } from '../../cast/cpu/halves.wasm';
import { storeFirst } from '../../cpu/lines.wasm';

@unmanaged
class Embedding {
  tokens: usize;
  table: usize;
  positions: usize;
  start: usize;
  result: usize;
  rows: i32;
  each: i32;
  /** Tokens of each sequence. */
  count: i32;
  width: i32;
  vocabulary: i32;
  length: i32;
  /** 1 where the numbers of a table are halves. */
  tableIsHalf: i32;
  positionsAreHalf: i32;
}

export function embed(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Embedding>(args);
  const width = given.width;
  const start = i32.load(given.start);
  const end = min((item + 1) * given.each, given.rows);
  for (let row = item * given.each; row < end; row++) {
    const token = i32.load(given.tokens + (<usize>row << 2));
    const place = start + (row % given.count);
    const isKnown = token >= 0 && token < given.vocabulary && place >= 0 && place < given.length;
    const result = given.result + (<usize>(row * width) << 2);
    for (let at = 0; at < width; at += 4) {
      let sum = f32x4.splat(NaN);
      if (isKnown) {
        const first = loadFour(given.table, token * width + at, given.tableIsHalf);
        sum = f32x4.add(first, loadFour(given.positions, place * width + at, given.positionsAreHalf));
      }
      if (at + 4 <= width) v128.store(result + (<usize>at << 2), sum);
      else storeFirst(result + (<usize>at << 2), sum, width - at);
    }
  }
}

// @ts-ignore: decorator
@inline
function loadFour(table: usize, at: i32, isHalf: i32): v128 {
  return isHalf ? loadHalves4(table + (<usize>at << 1)) : v128.load(table + (<usize>at << 2));
}
