/**
 * The cotangent of each window at the pixel that was its largest, row of windows by row; zeros elsewhere. Windows of
 * 2 × 2 four at a time.
 */

@unmanaged
class PoolByX {
  cotangent: usize;
  x: usize;
  result: usize;
  /** Rows of windows of all planes, and how many an item looks through. */
  rows: i32;
  each: i32;
  height: i32;
  width: i32;
  inHeight: i32;
  inWidth: i32;
  size: i32;
}

export function maxPool2dByX(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<PoolByX>(args);
  const end = min((item + 1) * given.each, given.rows);
  const inRow = <usize>given.inWidth << 2;
  const size = given.size;
  for (let row = item * given.each; row < end; row++) {
    const plane = row / given.height;
    const y = row - plane * given.height;
    const first = <usize>(plane * given.inHeight + y * size) * inRow;
    const from = given.x + first;
    const to = given.result + first;
    const cotangent = given.cotangent + (<usize>(row * given.width) << 2);
    // Rows below the last window of a plane lie in none.
    const below = y === given.height - 1 ? given.inHeight - y * size : size;
    let x = 0;
    if (size === 2) {
      for (; x + 4 <= given.width; x += 4) {
        const at = <usize>x << 3;
        giveFour(v128.load(cotangent + (<usize>x << 2)), from + at, to + at, inRow);
      }
      if (below > 2) memory.fill(to + 2 * inRow, 0, <usize>(below - 2) * inRow);
      for (let dy: usize = 0; dy < 2; dy++) memory.fill(to + dy * inRow + (<usize>x << 3), 0, inRow - (<usize>x << 3));
    } else memory.fill(to, 0, <usize>below * inRow);
    for (; x < given.width; x++) {
      const at = <usize>(x * size) << 2;
      f32.store(to + bestOf(from, at, inRow, size), f32.load(cotangent + (<usize>x << 2)));
    }
  }
}

/** Whether the next number of a window takes the place of the best so far: it is larger, or NaN. */
// @ts-ignore: decorator
@inline
function wins(next: v128, best: v128): v128 {
  return v128.or(f32x4.gt(next, best), f32x4.ne(next, next));
}

// @ts-ignore: decorator
@inline
function giveFour(cotangent: v128, from: usize, to: usize, row: usize): void {
  const above0 = v128.load(from), above1 = v128.load(from, 16);
  const below0 = v128.load(from + row), below1 = v128.load(from + row, 16);
  const topLeft = v128.shuffle<f32>(above0, above1, 0, 2, 4, 6);
  const topRight = v128.shuffle<f32>(above0, above1, 1, 3, 5, 7);
  const left = v128.shuffle<f32>(below0, below1, 0, 2, 4, 6), right = v128.shuffle<f32>(below0, below1, 1, 3, 5, 7);
  const second = wins(topRight, topLeft);
  let best = v128.bitselect(topRight, topLeft, second);
  const third = wins(left, best);
  best = v128.bitselect(left, best, third);
  const fourth = wins(right, best);
  const upper = v128.not(v128.or(third, fourth));
  const gTopLeft = v128.andnot(v128.and(cotangent, upper), second);
  const gTopRight = v128.and(v128.and(cotangent, upper), second);
  const gLeft = v128.andnot(v128.and(cotangent, third), fourth);
  const gRight = v128.and(cotangent, fourth);
  v128.store(to, v128.shuffle<f32>(gTopLeft, gTopRight, 0, 4, 1, 5));
  v128.store(to, v128.shuffle<f32>(gTopLeft, gTopRight, 2, 6, 3, 7), 16);
  v128.store(to + row, v128.shuffle<f32>(gLeft, gRight, 0, 4, 1, 5));
  v128.store(to + row, v128.shuffle<f32>(gLeft, gRight, 2, 6, 3, 7), 16);
}

/** Where the best of a window lies, from the first row on. */
function bestOf(from: usize, first: usize, row: usize, size: i32): usize {
  let best = first;
  let largest = f32.load(from + first);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = first + <usize>y * row + (<usize>x << 2);
      const next = f32.load(from + at);
      if (next > largest || next !== next) {
        largest = next;
        best = at;
      }
    }
  }
  return best;
}
