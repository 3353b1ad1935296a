/** Rows put into a cache of four planes, from a position on: appendRows and layRows. */
import { toPlanes } from '../../cpu/planes.wasm';

@unmanaged
class Rows {
  x: usize;
  channels: i32;
  /** Where the position of the first row stands, or 0 for position 0. */
  position: usize;
  cache: usize;
  /** Rows of each sequence, and rows of all that an item lays. */
  count: i32;
  each: i32;
  sequences: i32;
  batch: i32;
  length: i32;
  first: i32;
  groups: i32;
  size: i32;
}

export function layRows(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const count = given.count;
  const size = given.size;
  const quads = (size + 3) >> 2;
  const width = given.batch * given.groups * quads;
  const plane = <usize>(given.length * width) << 2;
  const position = given.position ? i32.load(given.position) : 0;
  if (position < 0 || position + count > given.length) return; // the device refuses such a run
  const end = min((item + 1) * given.each, given.batch * count);
  for (let row = item * given.each; row < end; row++) {
    const b = row / count;
    const m = row - b * count;
    const source = ((b * given.sequences) / given.batch) * count + m;
    const from = given.x + (<usize>(source * given.channels + given.first) << 2);
    const to = given.cache + (<usize>((position + m) * width + b * given.groups * quads) << 2);
    if (size & 3) {
      for (let group = 0; group < given.groups; group++) {
        toPlanes(from + (<usize>(group * size) << 2), to + (<usize>(group * quads) << 2), plane, size);
      }
    } else toPlanes(from, to, plane, given.groups * size); // vectors lie one after another in both
  }
}
