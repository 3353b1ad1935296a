/** Sums of the rows of a cotangent by the index of each: sixteen columns of all rows, one row after another. */
@unmanaged
class Sums {
  cotangent: usize;
  indices: usize;
  result: usize;
  length: i32;
  width: i32;
  /** Rows of the table. */
  rows: i32;
  /** 0, or rows that count on from the only index. */
  count: i32;
}

const COLUMNS: i32 = 16;

export function embedByTable(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Sums>(args);
  const column = item * COLUMNS;
  const columns = min(COLUMNS, given.width - column);
  const step = <usize>given.width << 2;
  const result = given.result + (<usize>column << 2);
  for (let row = 0; row < given.rows; row++) memory.fill(result + <usize>row * step, 0, <usize>columns << 2);
  let from = given.cotangent + (<usize>column << 2);
  const first = i32.load(given.indices);
  for (let row = 0; row < given.length; row++, from += step) {
    const index = given.count > 0 ? first + (row % given.count) : i32.load(given.indices + (<usize>row << 2));
    if (index < 0 || index >= given.rows) continue;
    const to = result + <usize>index * step;
    let at: usize = 0;
    const whole = <usize>(columns & ~3) << 2;
    for (; at < whole; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    const end = <usize>columns << 2;
    for (; at < end; at += 4) f32.store(to + at, f32.load(to + at) + f32.load(from + at));
  }
}
