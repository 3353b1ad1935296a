/** Every number repeated along both axes of a map: a row of x is stretched once and copied for the rows below it. */

@unmanaged
class Upsample {
  x: usize;
  result: usize;
  /** Rows of all planes of x, and how many an item repeats. */
  rows: i32;
  each: i32;
  width: i32;
  scale: i32;
}

export function upsampleNearest2d(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Upsample>(args);
  const end = min((item + 1) * given.each, given.rows);
  const width = given.width;
  const scale = given.scale;
  const bytes = <usize>(width * scale) << 2;
  for (let row = item * given.each; row < end; row++) {
    const from = given.x + (<usize>(row * width) << 2);
    const to = given.result + <usize>row * <usize>scale * bytes;
    if (scale === 2) stretchTwice(from, to, width);
    else {
      let next = to;
      for (let x = 0; x < width; x++) {
        const bits = i32.load(from + (<usize>x << 2));
        for (let copy = 0; copy < scale; copy++) {
          i32.store(next, bits);
          next += 4;
        }
      }
    }
    for (let below = 1; below < scale; below++) memory.copy(to + <usize>below * bytes, to, bytes);
  }
}

// @ts-ignore: decorator
@inline
function stretchTwice(from: usize, to: usize, width: i32): void {
  let x = 0;
  for (; x + 4 <= width; x += 4) {
    const four = v128.load(from + (<usize>x << 2));
    v128.store(to + (<usize>x << 3), v128.shuffle<i32>(four, four, 0, 0, 1, 1));
    v128.store(to + (<usize>x << 3), v128.shuffle<i32>(four, four, 2, 2, 3, 3), 16);
  }
  for (; x < width; x++) {
    const bits = i32.load(from + (<usize>x << 2));
    i32.store(to + (<usize>x << 3), bits);
    i32.store(to + (<usize>x << 3), bits, 4);
  }
}
