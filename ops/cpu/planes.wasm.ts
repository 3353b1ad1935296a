/**
 * Between rows, whose numbers lie one after another, and a cache of four planes, where number d of a row lies in plane
 * d mod 4: the quads of 4 numbers that a texel of WebGL holds, as [4, …, quads].
 */

/** The four columns of 4 × 4 numbers, from their rows. */
// @ts-ignore: decorator
@inline
function storeColumns(a: v128, b: v128, c: v128, d: v128, to: usize, step: usize): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to + step, v128.shuffle<i64>(ab, cd, 1, 3));
  const high = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const low = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to + 2 * step, v128.shuffle<i64>(high, low, 0, 2));
  v128.store(to + 3 * step, v128.shuffle<i64>(high, low, 1, 3));
}

/** `count` numbers into four planes that are `plane` bytes apart; the last quad is filled up with zeros. */
export function toPlanes(from: usize, to: usize, plane: usize, count: i32): void {
  let left = count;
  for (; left >= 16; left -= 16) {
    storeColumns(v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48), to, plane);
    from += 64;
    to += 16;
  }
  for (; left > 0; left -= 4) {
    f32.store(to, f32.load(from));
    f32.store(to + plane, left > 1 ? f32.load(from, 4) : 0);
    f32.store(to + 2 * plane, left > 2 ? f32.load(from, 8) : 0);
    f32.store(to + 3 * plane, left > 3 ? f32.load(from, 12) : 0);
    from += 16;
    to += 4;
  }
}

/** `count` numbers out of four planes. */
export function fromPlanes(from: usize, plane: usize, to: usize, count: i32): void {
  let left = count;
  for (; left >= 16; left -= 16) {
    const first = v128.load(from);
    const second = v128.load(from + plane);
    storeColumns(first, second, v128.load(from + 2 * plane), v128.load(from + 3 * plane), to, 16);
    from += 16;
    to += 64;
  }
  for (; left > 0; left -= 4) {
    f32.store(to, f32.load(from));
    if (left > 1) f32.store(to, f32.load(from + plane), 4);
    if (left > 2) f32.store(to, f32.load(from + 2 * plane), 8);
    if (left > 3) f32.store(to, f32.load(from + 3 * plane), 12);
    from += 4;
    to += 16;
  }
}
