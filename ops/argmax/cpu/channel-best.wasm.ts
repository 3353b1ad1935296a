/**
 * The best of a chunk of channels for each pixel of an item, and which it is: first of equals; a NaN is channel −1, and
 * nothing is better. At `best` lie `width` values, then as many channels as floats.
 */

/** Channels of a chunk, as ops/argmax/attributes.ts has them: four for each quad. */
export const CHUNK: i32 = 64;

export function clearBest(best: usize, width: i32): void {
  const end = best + (<usize>width << 2);
  for (let at = best; at < end; at += 16) {
    v128.store(at, f32x4.splat(-Infinity));
    v128.store(at + (<usize>width << 2), f32x4.splat(0));
  }
}

/** `sums` and a bias are the values of one channel. */
export function compareRow(channel: i32, bias: f32, sums: usize, best: usize, width: i32): void {
  const bias4 = f32x4.splat(bias);
  const channel4 = f32x4.splat(<f32>channel);
  const end = best + (<usize>width << 2);
  for (let at = best, found = end; at < end; at += 16, found += 16, sums += 16) {
    const value = f32x4.add(v128.load(sums), bias4);
    const isBad = f32x4.ne(value, value);
    const isBetter = f32x4.gt(value, v128.load(at));
    const kept = v128.bitselect(value, v128.load(at), isBetter);
    v128.store(at, v128.bitselect(f32x4.splat(Infinity), kept, isBad));
    const place = v128.bitselect(channel4, v128.load(found), isBetter);
    v128.store(found, v128.bitselect(f32x4.splat(-1), place, isBad));
  }
}

/** Values, channels and two planes of zeros, `plane` bytes apart. */
export function writeBest(best: usize, width: i32, pixels: i32, to: usize, plane: usize): void {
  const bytes = <usize>pixels << 2;
  memory.copy(to, best, bytes);
  memory.copy(to + plane, best + (<usize>width << 2), bytes);
  memory.fill(to + 2 * plane, 0, bytes);
  memory.fill(to + 3 * plane, 0, bytes);
}
