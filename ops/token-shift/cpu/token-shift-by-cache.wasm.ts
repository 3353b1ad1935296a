/** Rows added to where tokenShift read them from, in a cache of four planes: an item is a sequence of the cache. */
@unmanaged
class ShiftBack {
  cotangent: usize;
  position: usize;
  result: usize;
  sequences: i32;
  count: i32;
  batch: i32;
  length: i32;
  size: i32;
  text: i32;
  columns: i32;
}

export function tokenShiftByCache(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<ShiftBack>(args);
  const size = given.size;
  const quads = (size + 3) >> 2;
  const width = <usize>(given.batch * quads) << 2;
  const first = given.result + (<usize>(item * quads) << 2);
  for (let row = 0; row < 4 * given.length; row++) memory.fill(first + <usize>row * width, 0, <usize>quads << 2);
  // Copies of a sequence are not read.
  const sequence = (item * given.sequences) / given.batch;
  if ((sequence * given.batch) / given.sequences !== item) return;
  const position = i32.load(given.position);
  const quarter = (size + 3) >> 2;
  for (let m = 0; m < given.count; m++) {
    const place = position + m;
    if (place < 0 || place >= given.length) continue; // the device refuses such a run
    const from = given.cotangent + (<usize>((sequence * given.count + m) * size) << 2);
    const image = place - given.text;
    if (image < 0) {
      const half = (size + 1) >> 1;
      addChannels(given, first, width, place - 1, from, 0, half);
      addChannels(given, first, width, place, from, half, size);
    } else {
      addChannels(given, first, width, image < given.columns ? -1 : place - given.columns, from, 0, quarter);
      const left = image % given.columns === 0 ? -1 : place - 1;
      addChannels(given, first, width, left, from, quarter, min(2 * quarter, size));
      addChannels(given, first, width, place, from, min(2 * quarter, size), size);
    }
  }
}

/** Channels `start` to `end` of a row, to those of the row at a position; to none at -1. */
function addChannels(
  given: ShiftBack, first: usize, width: usize, place: i32, from: usize, start: i32, end: i32,
): void {
  if (place < 0) return;
  const plane = <usize>given.length * width;
  const row = first + <usize>place * width;
  for (let channel = start; channel < end; channel++) {
    const to = row + <usize>(channel & 3) * plane + <usize>(channel & ~3);
    f32.store(to, f32.load(to) + f32.load(from + (<usize>channel << 2)));
  }
}
