/**
 * Rows times a matrix: matmul and linear. An item is some rows by some columns of one product. Four rows at a time are
 * spread, a part of the sum at a time, and multiplied with every strip of eight columns; one to three rows are too few
 * for that, and stream the strips past the registers. The matrix may be packed in strips, or is packed here, by parts.
 */
import { finishRows } from '../../linear/cpu/finish-rows.wasm';
import { spreadColumns, spreadRows, widenStrip } from '../../cpu/panels.wasm';
import { SPREAD, STRIP, multiplyTile } from '../../cpu/tile.wasm';
import { Columns, RowProductArgs } from './row-product-args.wasm';
import { loadScale, streamFloats, streamHalves } from './stream-rows.wasm';

/** How the matrix lies: strips [⌈N/8⌉, K, 8] of floats or halves; [K, N]; [N, K]. */
const STRIPS: i32 = 0;
const HALF_STRIPS: i32 = 1;
const ROWS: i32 = 2;

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
  // Where nothing is added and all tiles are whole, tiles write the result themselves.
  const isDirect = !(a.bias | a.scale | a.residual) && !a.activation && !isGated && !(a.rows & 3) && !(a.outputs & 7);
  const first = <usize>matrix * a.rows + row;
  const stride = isDirect ? <usize>a.outputs << 2 : <usize>(main.count + gate.count) * STRIP;
  const spread = scratch + 64;
  const strips = spread + <usize>a.part * SPREAD;
  const room = strips + (a.lies === STRIPS ? 0 : <usize>(a.part * (main.count + gate.count)) * STRIP);
  main.sums = isDirect ? a.output + ((first * a.outputs + column) << 2) : room;
  gate.sums = main.sums + <usize>main.count * STRIP;
  for (let k = 0; k < a.inner; k += a.part) {
    const x = a.turned
      ? a.x + ((<usize>(matrix * a.inner + k) * a.rows + row) << 2)
      : a.x + ((first * a.inner + k) << 2);
    const part = min(a.part, a.inner - k);
    const at = a.matrix + <usize>matrix * a.matrixBytes;
    multiplyPart(a, main, x, at, k, part, rows, spread, strips, stride);
    if (isGated) multiplyPart(a, gate, x, at, k, part, rows, spread, strips, stride);
  }
  if (isDirect) return;
  const gates = gate.sums + (<usize>((a.outputs + column) & 7) << 2);
  finishRows(a, first, rows, column, columns, main.sums, gates, stride);
}

/** Adds a part of the sums of all rows of an item with some strips. */
function multiplyPart(
  a: RowProductArgs, columns: Columns, x: usize, matrix: usize, k: i32, part: i32, rows: i32, spread: usize,
  room: usize, stride: usize,
): void {
  if (rows < 4 && a.lies <= HALF_STRIPS && !a.turned) {
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
    if (a.turned) spreadColumns(x + (<usize>row << 2), <usize>a.rows << 2, part, spread);
    else {
      const row0 = x + row * rowBytes;
      const row1 = x + min(row + 1, last) * rowBytes;
      const row2 = x + min(row + 2, last) * rowBytes;
      const row3 = x + min(row + 3, last) * rowBytes;
      spreadRows(row0, row1, row2, row3, part, spread);
    }
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
