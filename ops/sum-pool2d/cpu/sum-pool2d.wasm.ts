/** The sum of each window, row by row of the result. Windows of 2 × 2 four at a time. */

@unmanaged
class SumPool {
  x: usize;
  result: usize;
  /** Rows of all planes of the result, and how many an item computes. */
  rows: i32;
  each: i32;
  width: i32;
  size: i32;
}

export function sumPool2d(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<SumPool>(args);
  const end = min((item + 1) * given.each, given.rows);
  const width = given.width;
  const size = given.size;
  const inRow = <usize>(width * size) << 2;
  for (let row = item * given.each; row < end; row++) {
    const from = given.x + <usize>row * <usize>size * inRow;
    const to = given.result + (<usize>(row * width) << 2);
    let x = 0;
    if (size === 2) {
      for (; x + 4 <= width; x += 4) v128.store(to + (<usize>x << 2), sumFour(from + (<usize>x << 3), inRow));
    }
    for (; x < width; x++) f32.store(to + (<usize>x << 2), sumWindow(from + (<usize>(x * size) << 2), inRow, size));
  }
}

// @ts-ignore: decorator
@inline
function sumFour(from: usize, row: usize): v128 {
  const left = f32x4.add(v128.load(from), v128.load(from + row));
  const right = f32x4.add(v128.load(from, 16), v128.load(from + row, 16));
  return f32x4.add(v128.shuffle<i32>(left, right, 0, 2, 4, 6), v128.shuffle<i32>(left, right, 1, 3, 5, 7));
}

function sumWindow(from: usize, row: usize, size: i32): f32 {
  let sum: f32 = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) sum += f32.load(from + (<usize>x << 2));
    from += row;
  }
  return sum;
}
