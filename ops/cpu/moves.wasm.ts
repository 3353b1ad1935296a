/**
 * Numbers of four bytes moved from one walk over memory to another: what slice, concat, pad, transpose and gather along
 * other axes are. Nothing is computed, so every bit stays.
 */

@unmanaged
class Move {
  /** Numbers, and how many of them an item moves. */
  total: i32;
  each: i32;
  /** Length of a row, and sizes of the two axes that rows are counted along next; the third is what is left. */
  inner: i32;
  size2: i32;
  size1: i32;
  /** Bytes along each axis, outermost first, and along a row. */
  from: usize;
  from0: i32;
  from1: i32;
  from2: i32;
  fromStep: i32;
  to: usize;
  to0: i32;
  to1: i32;
  to2: i32;
  toStep: i32;
}

export function move(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Move>(args);
  const inner = given.inner;
  const fromStep = given.fromStep;
  const toStep = given.toStep;
  let at = item * given.each;
  const last = min(at + given.each, given.total);
  while (at < last) {
    const row = at / inner;
    const column = at - row * inner;
    const count = min(inner - column, last - at);
    const outer = row / given.size2;
    const i2 = row - outer * given.size2;
    const i0 = outer / given.size1;
    const i1 = outer - i0 * given.size1;
    let from = given.from + i0 * given.from0 + i1 * given.from1 + i2 * given.from2 + column * fromStep;
    let to = given.to + i0 * given.to0 + i1 * given.to1 + i2 * given.to2 + column * toStep;
    if (fromStep === 4 && toStep === 4) memory.copy(to, from, <usize>count << 2);
    else {
      for (let left = count; left > 0; left--) {
        i32.store(to, i32.load(from));
        from += fromStep;
        to += toStep;
      }
    }
    at += count;
  }
}

@unmanaged
class Fill {
  total: i32;
  each: i32;
  to: usize;
  /** The number, by its bits. */
  bits: i32;
}

export function fill(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Fill>(args);
  const start = item * given.each;
  const count = min(given.each, given.total - start);
  const numbers = i32x4.splat(given.bits);
  let to = given.to + (<usize>start << 2);
  const end = to + (<usize>(count & ~3) << 2);
  for (; to < end; to += 16) v128.store(to, numbers);
  for (let left = count & 3; left > 0; left--) {
    i32.store(to, given.bits);
    to += 4;
  }
}
