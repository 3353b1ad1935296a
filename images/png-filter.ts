/**
 * Undoes the filters of PNG (specification, 9.2): each row was written as differences to the bytes at its left, above,
 * or both. In place, a row at a time. Pure.
 */

/**
 * Turns the row of `bytes` bytes at `start` into what it was. `filter` is 0 to 4; `above` is where the row before it
 * begins, or -1 for the first of a pass; `step` is the distance to the pixel at the left.
 */
export function undoFilter(
  data: Uint8Array,
  filter: number,
  start: number,
  above: number,
  bytes: number,
  step: number,
): void {
  const end = start + bytes;
  if (filter === 1) addLeft(data, start, end, step);
  if (filter === 2 && above >= 0) for (let i = start, up = above; i < end; i++, up++) data[i] = data[i]! + data[up]!;
  if (filter === 3) addAverage(data, start, end, above, step);
  // Without a row above, Paeth's guess is the byte at the left.
  if (filter === 4 && above < 0) addLeft(data, start, end, step);
  if (filter === 4 && above >= 0) addPaeth(data, start, end, above, step);
}

function addLeft(data: Uint8Array, start: number, end: number, step: number): void {
  for (let i = start + step; i < end; i++) data[i] = data[i]! + data[i - step]!;
}

function addAverage(data: Uint8Array, start: number, end: number, above: number, step: number): void {
  for (let i = start, x = 0; i < end; i++, x++) {
    const left = x < step ? 0 : data[i - step]!;
    const up = above < 0 ? 0 : data[above + x]!;
    data[i] = data[i]! + ((left + up) >> 1);
  }
}

function addPaeth(data: Uint8Array, start: number, end: number, above: number, step: number): void {
  const first = Math.min(end, start + step);
  let up = above;
  for (let i = start; i < first; i++, up++) data[i] = data[i]! + data[up]!;
  for (let i = first; i < end; i++, up++) {
    const left = data[i - step]!;
    const top = data[up]!;
    const corner = data[up - step]!;
    const guess = left + top - corner;
    const toLeft = Math.abs(guess - left);
    const toTop = Math.abs(guess - top);
    const toCorner = Math.abs(guess - corner);
    const nearest = toLeft <= toTop && toLeft <= toCorner ? left : toTop <= toCorner ? top : corner;
    data[i] = data[i]! + nearest;
  }
}
