/**
 * Rows times a matrix: matmul and linear. An item is some rows by some columns of one product. Four rows at a time are
 * spread, a part of the sum at a time, and multiplied with every strip of eight columns; one to three rows are too few
 * for that, and stream the strips past the registers. The matrix may be packed in strips, or is packed here, by parts.
 */
import { finishRows } from '../../linear/cpu/finish-rows.wasm';
import { WIDE_BITS, spreadHigh, spreadLow, spreadRows, widenStrip } from '../../cpu/panels.wasm';
import { SPREAD, STRIP, madd, multiplyTile } from '../../cpu/tile.wasm';

/** How the matrix lies: strips [⌈N/8⌉, K, 8] of floats or halves; [K, N]; [N, K]. */
const STRIPS: i32 = 0;
const HALF_STRIPS: i32 = 1;
const ROWS: i32 = 2;

@unmanaged
export class RowProductArgs {
  x!: usize;
  matrix!: usize;
  output!: usize;
  bias!: usize;
  scale!: usize;
  residual!: usize;
  /** Rows of x for each matrix, and how long they are. */
  rows!: i32;
  inner!: i32;
  /** Columns of the matrix; twice those of the result where there is a gate. */
  columns!: i32;
  /** Columns of the result. */
  outputs!: i32;
  lies!: i32;
  /** Bytes from one matrix to the next; 0 where there is one. */
  matrixBytes!: usize;
  activation!: i32;
  /** Of an item; columns are a multiple of 8. */
  itemRows!: i32;
  itemColumns!: i32;
  /** Terms that are added up at once. */
  part!: i32;
}

/** Some strips of the matrix, and where their sums go. */
@unmanaged
export class Columns {
  /** The first strip, how many, and where the sums of the first row lie. */
  first!: i32;
  count!: i32;
  sums!: usize;
}

/** Packs the whole matrix into strips, where many items would pack the same part. An item is two strips. */
export function pack_strips(item: i32, args: usize, scratch: usize): void {
  const a = changetype<RowProductArgs>(args);
  const strips = (a.columns + 7) >> 3;
  const pairs = (strips + 1) >> 1;
  const matrix = item / pairs;
  const columns = changetype<Columns>(scratch);
  columns.first = 2 * (item % pairs);
  columns.count = min(2, strips - columns.first);
  const to = a.output + ((<usize>matrix * strips + columns.first) * a.inner << 5);
  packStrips(a, columns, a.matrix + <usize>matrix * a.matrixBytes, 0, a.inner, to);
}

export function row_product(item: i32, args: usize, scratch: usize): void {
  const a = changetype<RowProductArgs>(args);
  const down = (a.rows + a.itemRows - 1) / a.itemRows;
  const across = (a.outputs + a.itemColumns - 1) / a.itemColumns;
  const matrix = item / (down * across);
  const row = ((item / across) % down) * a.itemRows;
  const column = (item % across) * a.itemColumns;
  const rows = min(a.itemRows, a.rows - row);
  const columns = min(a.itemColumns, a.outputs - column);
  const main = changetype<Columns>(scratch);
  const gate = changetype<Columns>(scratch + 32);
  main.first = column >> 3;
  main.count = (columns + 7) >> 3;
  const isGated = a.columns > a.outputs;
  gate.first = (a.outputs + column) >> 3;
  gate.count = isGated ? ((((a.outputs + column) & 7) + columns + 7) >> 3) : 0;
  const stride = <usize>(main.count + gate.count) * STRIP;
  const spread = scratch + 64;
  const strips = spread + <usize>a.part * SPREAD;
  main.sums = strips + (a.lies === STRIPS ? 0 : <usize>a.part * stride);
  gate.sums = main.sums + <usize>main.count * STRIP;
  const first = <usize>matrix * a.rows + row;
  for (let k = 0; k < a.inner; k += a.part) {
    const x = a.x + ((first * a.inner + k) << 2);
    const part = min(a.part, a.inner - k);
    const at = a.matrix + <usize>matrix * a.matrixBytes;
    multiplyPart(a, main, x, at, k, part, rows, spread, strips, stride);
    if (isGated) multiplyPart(a, gate, x, at, k, part, rows, spread, strips, stride);
  }
  const gates = gate.sums + (<usize>((a.outputs + column) & 7) << 2);
  finishRows(a, first, rows, column, columns, main.sums, gates, stride);
}

/** Adds a part of the sums of all rows of an item with some strips. */
function multiplyPart(
  a: RowProductArgs, columns: Columns, x: usize, matrix: usize, k: i32, part: i32, rows: i32, spread: usize,
  room: usize, stride: usize,
): void {
  if (rows < 4 && a.lies <= HALF_STRIPS) {
    for (let row = 0; row < rows; row++) {
      const from = x + (<usize>row * a.inner << 2);
      if (a.lies === STRIPS) streamFloats(a, columns, from, matrix, k, part, columns.sums + row * stride);
      else streamHalves(a, columns, from, matrix, k, part, columns.sums + row * stride, spread);
    }
    return;
  }
  let strips = room;
  let stripBytes = <usize>part * STRIP;
  if (a.lies === STRIPS) {
    stripBytes = <usize>a.inner * STRIP;
    strips = matrix + <usize>columns.first * stripBytes + <usize>k * STRIP;
  } else packStrips(a, columns, matrix, k, part, room);
  const rowBytes = <usize>a.inner << 2;
  for (let row = 0; row < rows; row += 4) {
    // What there is not is a row that there is once more: nobody reads its sums.
    const last = rows - 1;
    const row0 = x + row * rowBytes;
    const row1 = x + min(row + 1, last) * rowBytes;
    const row2 = x + min(row + 2, last) * rowBytes;
    const row3 = x + min(row + 3, last) * rowBytes;
    spreadRows(row0, row1, row2, row3, part, spread);
    let strip = strips;
    let sums = columns.sums + row * stride;
    for (let s = 0; s < columns.count; s++, strip += stripBytes, sums += STRIP) {
      multiplyTile(part, spread, strip, sums, stride, k > 0);
    }
  }
}

/** Packs a part of some strips; columns beyond the last are zeros. */
function packStrips(a: RowProductArgs, columns: Columns, matrix: usize, k: i32, part: i32, to: usize): void {
  const stripBytes = <usize>part * STRIP;
  for (let s = 0; s < columns.count; s++, to += stripBytes) {
    const strip = columns.first + s;
    if (a.lies === ROWS && s + 2 <= columns.count && strip * 8 + 16 <= a.columns) {
      packPair(matrix + ((<usize>k * a.columns + strip * 8) << 2), <usize>a.columns << 2, part, to, stripBytes);
      s++;
      to += stripBytes;
      continue;
    }
    const given = min(8, a.columns - strip * 8);
    if (a.lies === HALF_STRIPS) {
      widenStrip(matrix + ((<usize>strip * a.inner + k) << 4), part, loadScale(a, matrix), to);
    } else if (a.lies === ROWS) {
      packColumns(matrix + ((<usize>k * a.columns + strip * 8) << 2), <usize>a.columns << 2, part, given, to);
    } else packRows(matrix + ((<usize>strip * 8 * a.inner + k) << 2), <usize>a.inner << 2, part, given, to);
  }
}

/** Two strips of a matrix [K, N] at once: a line of the cache from each row. */
function packPair(from: usize, stride: usize, part: i32, to: usize, stripBytes: usize): void {
  const end = to + stripBytes;
  for (let other = end; to < end; to += STRIP, other += STRIP, from += stride) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(other, v128.load(from, 32));
    v128.store(other, v128.load(from, 48), 16);
  }
}

/** One strip of a matrix [K, N]. */
function packColumns(from: usize, stride: usize, part: i32, given: i32, to: usize): void {
  const end = to + <usize>part * STRIP;
  if (given === 8) {
    for (; to < end; to += STRIP, from += stride) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
    return;
  }
  for (; to < end; to += STRIP, from += stride) {
    for (let lane = 0; lane < 8; lane++) {
      store<f32>(to + (<usize>lane << 2), lane < given ? load<f32>(from + (<usize>lane << 2)) : <f32>0);
    }
  }
}

/** Of a matrix [N, K]: four k of four columns at a time are turned. */
function packRows(from: usize, stride: usize, part: i32, given: i32, to: usize): void {
  for (let half = 0; half < 2; half++, to += 16, from += 4 * stride) {
    const here = given - 4 * half;
    let strip = to;
    let k = 0;
    if (here >= 4) {
      let at = from;
      for (; k + 4 <= part; k += 4, at += 16, strip += 4 * STRIP) {
        const r0 = v128.load(at), r1 = v128.load(at + stride);
        const r2 = v128.load(at + 2 * stride), r3 = v128.load(at + 3 * stride);
        const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(strip, v128.shuffle<f64>(low01, low23, 0, 2));
        v128.store(strip, v128.shuffle<f64>(low01, low23, 1, 3), 32);
        v128.store(strip, v128.shuffle<f64>(high01, high23, 0, 2), 64);
        v128.store(strip, v128.shuffle<f64>(high01, high23, 1, 3), 96);
      }
    }
    for (; k < part; k++, strip += STRIP) {
      for (let lane = 0; lane < 4; lane++) {
        const value = lane < here ? load<f32>(from + lane * stride + (<usize>k << 2)) : <f32>0;
        store<f32>(strip + (<usize>lane << 2), value);
      }
    }
  }
}

/** One row with strips of floats, four strips at a time so that as many streams of memory flow. */
function streamFloats(
  a: RowProductArgs, columns: Columns, x: usize, matrix: usize, k: i32, part: i32, sums: usize,
): void {
  const stripBytes = <usize>a.inner * STRIP;
  let strip = matrix + <usize>columns.first * stripBytes + <usize>k * STRIP;
  const end = x + (<usize>part << 2);
  let s = 0;
  for (; s + 4 <= columns.count; s += 4, sums += 4 * STRIP, strip += 4 * stripBytes) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
    if (k > 0) {
      c0 = v128.load(sums); c1 = v128.load(sums, 16); c2 = v128.load(sums, 32); c3 = v128.load(sums, 48);
      c4 = v128.load(sums, 64); c5 = v128.load(sums, 80); c6 = v128.load(sums, 96); c7 = v128.load(sums, 112);
    }
    let at0 = strip, at1 = at0 + stripBytes, at2 = at1 + stripBytes, at3 = at2 + stripBytes;
    for (let from = x; from < end; from += 4, at0 += STRIP, at1 += STRIP, at2 += STRIP, at3 += STRIP) {
      const value = v128.load32_splat(from);
      c0 = madd(value, v128.load(at0), c0); c1 = madd(value, v128.load(at0, 16), c1);
      c2 = madd(value, v128.load(at1), c2); c3 = madd(value, v128.load(at1, 16), c3);
      c4 = madd(value, v128.load(at2), c4); c5 = madd(value, v128.load(at2, 16), c5);
      c6 = madd(value, v128.load(at3), c6); c7 = madd(value, v128.load(at3, 16), c7);
    }
    v128.store(sums, c0); v128.store(sums, c1, 16); v128.store(sums, c2, 32); v128.store(sums, c3, 48);
    v128.store(sums, c4, 64); v128.store(sums, c5, 80); v128.store(sums, c6, 96); v128.store(sums, c7, 112);
  }
  for (; s < columns.count; s++, sums += STRIP, strip += stripBytes) {
    let c0 = f32x4.splat(0), c1 = c0;
    if (k > 0) {
      c0 = v128.load(sums); c1 = v128.load(sums, 16);
    }
    let at = strip;
    for (let from = x; from < end; from += 4, at += STRIP) {
      const value = v128.load32_splat(from);
      c0 = madd(value, v128.load(at), c0); c1 = madd(value, v128.load(at, 16), c1);
    }
    v128.store(sums, c0); v128.store(sums, c1, 16);
  }
}

/**
 * The same with strips of halves (ops/linear/cpu/pack-linear.wasm.ts). What widening makes too small is made up for by
 * x, once for all columns; where that would be too large, or x holds no numbers, by each product.
 */
function streamHalves(
  a: RowProductArgs, columns: Columns, x: usize, matrix: usize, k: i32, part: i32, sums: usize, room: usize,
): void {
  const scale = loadScale(a, matrix);
  const isScaled = scaleRow(x, part, scale, room);
  v128.store(room, i32x4.splat(WIDE_BITS));
  v128.store(room, f32x4.splat(isScaled ? 1 : scale), 16);
  const from = isScaled ? room + 32 : x;
  const stripBytes = <usize>a.inner << 4;
  let strip = matrix + <usize>columns.first * stripBytes + (<usize>k << 4);
  let s = 0;
  for (; isScaled && s + 4 <= columns.count; s += 4, sums += 4 * STRIP, strip += 4 * stripBytes) {
    streamFour(from, part, strip, stripBytes, k > 0, sums, room);
  }
  for (; s < columns.count; s += 2, sums += 2 * STRIP, strip += 2 * stripBytes) {
    const other = s + 1 < columns.count ? stripBytes : 0;
    if (isScaled) streamPair(from, part, strip, other, k > 0, sums, room);
    else streamPairScaled(from, part, strip, other, k > 0, sums, room);
  }
}

/** What the halves of the strips are to be multiplied by: it lies behind the last strip. */
function loadScale(a: RowProductArgs, matrix: usize): f32 {
  return load<f32>(matrix + (<usize>((a.columns + 7) >> 3) * a.inner << 4));
}

/** A scaled copy of a row, 32 bytes behind `to`. Whether all of it is finite. */
function scaleRow(x: usize, part: i32, scale: f32, to: usize): bool {
  let largest: f32 = 0;
  let sum: f32 = 0;
  for (let i = 0; i < part; i++) {
    const value = load<f32>(x + (<usize>i << 2)) * scale;
    store<f32>(to + 32 + (<usize>i << 2), value);
    largest = max(largest, abs(value));
    sum += value - value; // NaN once there is a NaN or an infinity
  }
  return sum === 0 && largest < f32.MAX_VALUE;
}

/** Four strips at once. */
function streamFour(
  x: usize, part: i32, strip: usize, stripBytes: usize, isGoingOn: bool, sums: usize, constants: usize,
): void {
  const mask = v128.load(constants);
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  if (isGoingOn) {
    c0 = v128.load(sums); c1 = v128.load(sums, 16); c2 = v128.load(sums, 32); c3 = v128.load(sums, 48);
    c4 = v128.load(sums, 64); c5 = v128.load(sums, 80); c6 = v128.load(sums, 96); c7 = v128.load(sums, 112);
  }
  const end = x + (<usize>part << 2);
  let at0 = strip, at1 = at0 + stripBytes, at2 = at1 + stripBytes, at3 = at2 + stripBytes;
  for (; x < end; x += 4, at0 += 16, at1 += 16, at2 += 16, at3 += 16) {
    const value = v128.load32_splat(x);
    let h = v128.load(at0);
    c0 = madd(value, spreadLow(h, mask), c0); c1 = madd(value, spreadHigh(h, mask), c1);
    h = v128.load(at1);
    c2 = madd(value, spreadLow(h, mask), c2); c3 = madd(value, spreadHigh(h, mask), c3);
    h = v128.load(at2);
    c4 = madd(value, spreadLow(h, mask), c4); c5 = madd(value, spreadHigh(h, mask), c5);
    h = v128.load(at3);
    c6 = madd(value, spreadLow(h, mask), c6); c7 = madd(value, spreadHigh(h, mask), c7);
  }
  v128.store(sums, c0); v128.store(sums, c1, 16); v128.store(sums, c2, 32); v128.store(sums, c3, 48);
  v128.store(sums, c4, 64); v128.store(sums, c5, 80); v128.store(sums, c6, 96); v128.store(sums, c7, 112);
}

/** Two strips, of which the second may be the first again: nobody reads its sums then. */
function streamPair(
  x: usize, part: i32, strip: usize, other: usize, isGoingOn: bool, sums: usize, constants: usize,
): void {
  const mask = v128.load(constants);
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  if (isGoingOn) {
    c0 = v128.load(sums); c1 = v128.load(sums, 16);
    c2 = v128.load(sums, 32); c3 = v128.load(sums, 48);
  }
  const end = x + (<usize>part << 2);
  let at0 = strip, at1 = strip + other;
  for (; x < end; x += 4, at0 += 16, at1 += 16) {
    const value = v128.load32_splat(x);
    const h0 = v128.load(at0), h1 = v128.load(at1);
    c0 = madd(value, spreadLow(h0, mask), c0); c1 = madd(value, spreadHigh(h0, mask), c1);
    c2 = madd(value, spreadLow(h1, mask), c2); c3 = madd(value, spreadHigh(h1, mask), c3);
  }
  v128.store(sums, c0); v128.store(sums, c1, 16);
  if (other) {
    v128.store(sums, c2, 32); v128.store(sums, c3, 48);
  }
}

/** The same, but every half is multiplied by a scale. */
function streamPairScaled(
  x: usize, part: i32, strip: usize, other: usize, isGoingOn: bool, sums: usize, constants: usize,
): void {
  const mask = v128.load(constants), scale = v128.load(constants, 16);
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  if (isGoingOn) {
    c0 = v128.load(sums); c1 = v128.load(sums, 16);
    c2 = v128.load(sums, 32); c3 = v128.load(sums, 48);
  }
  const end = x + (<usize>part << 2);
  let at0 = strip, at1 = strip + other;
  for (; x < end; x += 4, at0 += 16, at1 += 16) {
    const value = v128.load32_splat(x);
    const h0 = v128.load(at0), h1 = v128.load(at1);
    c0 = madd(value, f32x4.mul(spreadLow(h0, mask), scale), c0);
    c1 = madd(value, f32x4.mul(spreadHigh(h0, mask), scale), c1);
    c2 = madd(value, f32x4.mul(spreadLow(h1, mask), scale), c2);
    c3 = madd(value, f32x4.mul(spreadHigh(h1, mask), scale), c3);
  }
  v128.store(sums, c0); v128.store(sums, c1, 16);
  if (other) {
    v128.store(sums, c2, 32); v128.store(sums, c3, 48);
  }
}
