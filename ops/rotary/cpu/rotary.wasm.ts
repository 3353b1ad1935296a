/** Pairs of channels turned by the angle of their position; what follows them is copied. */

@unmanaged
class Rows {
  x: usize;
  turns: usize;
  position: usize;
  result: usize;
  rows: i32;
  each: i32;
  channels: i32;
  /** Channels that turn, and of one vector. */
  turning: i32;
  size: i32;
  /** Rows of a sequence. */
  count: i32;
  /** Positions that have turns. */
  length: i32;
}

export function rotary(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const position = i32.load(given.position);
  const size = given.size;
  const end = min((item + 1) * given.each, given.rows);
  for (let row = item * given.each; row < end; row++) {
    const offset = <usize>(row * given.channels) << 2;
    const x = given.x + offset;
    const result = given.result + offset;
    const place = position + (row % given.count);
    const turning = given.turning;
    if (place >= 0 && place < given.length) {
      const turns = given.turns + (<usize>(place * size) << 2);
      for (let first = 0; first < turning; first += size) {
        turnVector(x + (<usize>first << 2), turns, result + (<usize>first << 2), size);
      }
    } else {
      for (let at = 0; at < turning; at++) f32.store(result + (<usize>at << 2), NaN);
    }
    const bytes = <usize>turning << 2;
    memory.copy(result + bytes, x + bytes, <usize>(given.channels - turning) << 2);
  }
}

// @ts-ignore: decorator
@inline
function turnVector(x: usize, turns: usize, result: usize, size: i32): void {
  let at = 0;
  for (; at + 4 <= size; at += 4) {
    const offset = <usize>at << 2;
    const both = v128.load(x + offset); // even, odd, even, odd
    const angle = v128.load(turns + offset); // cosine, sine, cosine, sine
    const cosine = v128.shuffle<i32>(angle, angle, 0, 0, 2, 2);
    const sine = v128.shuffle<i32>(angle, angle, 1, 1, 3, 3);
    const other = f32x4.mul(v128.shuffle<i32>(both, both, 1, 0, 3, 2), f32x4(-1, 1, -1, 1));
    v128.store(result + offset, f32x4.add(f32x4.mul(both, cosine), f32x4.mul(other, sine)));
  }
  if (at < size) {
    const offset = <usize>at << 2;
    const even = f32.load(x + offset);
    const odd = f32.load(x + offset, 4);
    const cosine = f32.load(turns + offset);
    const sine = f32.load(turns + offset, 4);
    f32.store(result + offset, even * cosine - odd * sine);
    f32.store(result + offset, even * sine + odd * cosine, 4);
  }
}
