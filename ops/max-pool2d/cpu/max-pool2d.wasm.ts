/** The largest number of each window, row by row of the result; NaN where one is. Windows of 2 × 2 four at a time. */

@unmanaged
class Pool {
  x: usize;
  result: usize;
  /** Rows of all planes of the result, and how many an item computes. */
  rows: i32;
  each: i32;
  height: i32;
  width: i32;
  inHeight: i32;
  inWidth: i32;
  size: i32;
}

export function maxPool2d(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Pool>(args);
  const end = min((item + 1) * given.each, given.rows);
  const inRow = <usize>given.inWidth << 2;
  for (let row = item * given.each; row < end; row++) {
    const plane = row / given.height;
    const y = row - plane * given.height;
    const from = given.x + <usize>(plane * given.inHeight + y * given.size) * inRow;
    const to = given.result + (<usize>(row * given.width) << 2);
    let x = 0;
    if (given.size === 2) {
      for (; x + 4 <= given.width; x += 4) v128.store(to + (<usize>x << 2), poolFour(from + (<usize>x << 3), inRow));
    }
    for (; x < given.width; x++) {
      f32.store(to + (<usize>x << 2), poolWindow(from + (<usize>(x * given.size) << 2), inRow, given.size));
    }
  }
}

// @ts-ignore: decorator
@inline
function poolFour(from: usize, row: usize): v128 {
  const left = f32x4.max(v128.load(from), v128.load(from + row));
  const right = f32x4.max(v128.load(from, 16), v128.load(from + row, 16));
  return f32x4.max(v128.shuffle<i32>(left, right, 0, 2, 4, 6), v128.shuffle<i32>(left, right, 1, 3, 5, 7));
}

function poolWindow(from: usize, row: usize, size: i32): f32 {
  let largest = -f32.POSITIVE_INFINITY;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) largest = max(largest, f32.load(from + (<usize>x << 2)));
    from += row;
  }
  return largest;
}
