/** Rows read from a cache of four planes, some channels of each from the row of another position. */
import { fromPlanes } from '../../cpu/planes.wasm';

@unmanaged
class Shift {
  cache: usize;
  position: usize;
  result: usize;
  sequences: i32;
  /** Rows of each sequence, and rows of all that an item reads. */
  count: i32;
  each: i32;
  batch: i32;
  length: i32;
  size: i32;
  text: i32;
  columns: i32;
}

export function tokenShift(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Shift>(args);
  const position = i32.load(given.position);
  const size = given.size;
  const quarter = (size + 3) >> 2;
  const end = min((item + 1) * given.each, given.sequences * given.count);
  for (let row = item * given.each; row < end; row++) {
    const sequence = row / given.count;
    const place = position + row - sequence * given.count;
    const image = place - given.text;
    const b = (sequence * given.batch) / given.sequences;
    if (place < 0 || place >= given.length) continue; // the device refuses such a run
    if (image < 0) {
      const half = (size + 1) >> 1;
      copyChannels(given, b, place - 1, row, 0, half);
      copyChannels(given, b, place, row, half, size);
    } else {
      copyChannels(given, b, image < given.columns ? -1 : place - given.columns, row, 0, quarter);
      copyChannels(given, b, image % given.columns === 0 ? -1 : place - 1, row, quarter, min(2 * quarter, size));
      copyChannels(given, b, place, row, min(2 * quarter, size), size);
    }
  }
}

/** Channels `first` to `end` of the row at a position, zeros for position -1. */
function copyChannels(given: Shift, b: i32, place: i32, row: i32, first: i32, end: i32): void {
  if (first >= end) return;
  const to = given.result + (<usize>(row * given.size) << 2);
  if (place < 0) {
    memory.fill(to + (<usize>first << 2), 0, <usize>(end - first) << 2);
    return;
  }
  const quads = (given.size + 3) >> 2;
  const width = given.batch * quads;
  const plane = <usize>(given.length * width) << 2;
  const from = given.cache + (<usize>(place * width + b * quads) << 2);
  let at = first;
  for (; at < end && at & 3; at++) copyOne(from, plane, to, at);
  const whole = at + ((end - at) & ~3);
  if (at < whole) fromPlanes(from + <usize>at, plane, to + (<usize>at << 2), whole - at); // a quad has 4 bytes of each
  for (at = max(at, whole); at < end; at++) copyOne(from, plane, to, at);
}

// @ts-ignore: decorator
@inline
function copyOne(from: usize, plane: usize, to: usize, at: i32): void {
  f32.store(to + (<usize>at << 2), f32.load(from + <usize>(at & 3) * plane + <usize>(at & ~3)));
}
