/**
 * The first stage of winograd_conv2d: pixels of quads side by side in Winograd's domain, a channel at a time, so that
 * each row of pixels is read in one stretch. Columns are transformed first, as vectors of pixels lie; then rows, whose
 * vectors of pixels become vectors of four tiles on the way.
 */
import { WinogradArgs } from './winograd-args.wasm';
import { forward2, forward4 } from './transforms.wasm';

/** Some quads of one row of tiles of an image. */
@unmanaged
export class Stretch {
  /** The first pixel that it gives. */
  y!: i32;
  x!: i32;
  quads!: i32;
}

/** Vectors of a row of pixels that one stretch reads: those of its quads and one at each side. */
// @ts-ignore: decorator
@inline
function vectorsOf(a: WinogradArgs, quads: i32): i32 {
  return quads * a.outputs + 2;
}

/** Bytes of room that a stretch of so many quads wants. */
export function roomOfStretch(a: WinogradArgs, quads: i32): usize {
  return <usize>(2 * (a.outputs + 2) * vectorsOf(a, quads)) << 4;
}

/**
 * `part` channels of a stretch, the first at `map`: [t²] of quads and channels, `position`, `quad` and `channel` bytes
 * apart.
 */
export function transformStretch(
  a: WinogradArgs, stretch: Stretch, map: usize, part: i32, to: usize, position: usize, quad: usize,
  channel: usize, room: usize,
): void {
  const m = a.outputs;
  const t = m + 2;
  const vectors = vectorsOf(a, stretch.quads);
  const row = <usize>vectors << 4;
  const padded = room + <usize>t * row; // [t][vectors]: pixels of a stretch at the border
  const plane = <usize>a.height * a.width << 2;
  const y = stretch.y - 1;
  const isInside = y >= 0 && y + t <= a.height && (a.width & 3) === 0;
  // Vectors of pixels that are not in the image stay zero.
  const first = isInside && stretch.x === 0 ? 1 : 0;
  const last = isInside ? min(vectors, 1 + ((a.width - stretch.x) >> 2)) : vectors;
  memory.fill(room, 0, 2 * <usize>t * row);
  const least = f32x4.splat(a.relu ? 0 : -Infinity);
  for (let c = 0; c < part; c++, map += plane, to += channel) {
    let from = padded;
    let stride = row;
    if (isInside) {
      from = map + (<usize>(y * a.width + stretch.x) << 2) - 16;
      stride = <usize>a.width << 2;
    } else copyBorder(a, map, y, stretch.x - 4, vectors << 2, padded);
    if (m === 4) {
      transformColumns4(from + (<usize>first << 4), stride, least, room + (<usize>first << 4), row, last - first);
      for (let u: usize = 0, at = room, into = to; u < 6; u++, at += row, into += 6 * position) {
        transformRow4(at, stretch.quads, into, position, quad);
      }
    } else {
      transformColumns2(from + (<usize>first << 4), stride, least, room + (<usize>first << 4), row, last - first);
      for (let u: usize = 0, at = room, into = to; u < 4; u++, at += row, into += 4 * position) {
        transformRow2(at, stretch.quads, into, position, quad);
      }
    }
  }
}

/** The rows of pixels of a stretch from (y, x) on; those beyond the image are zeros before and stay so. */
function copyBorder(a: WinogradArgs, map: usize, y: i32, x: i32, columns: i32, to: usize): void {
  const left = max(0, -x);
  const right = min(columns, a.width - x);
  const stride = <usize>columns << 2;
  for (let row = 0; row < a.outputs + 2; row++, to += stride) {
    if (y + row < 0 || y + row >= a.height) continue;
    let from = map + (<usize>((y + row) * a.width + x + left) << 2);
    let into = to + (<usize>left << 2);
    const end = to + (<usize>right << 2);
    for (; into + 16 <= end; into += 16, from += 16) v128.store(into, v128.load(from));
    for (; into < end; into += 4, from += 4) store<f32>(into, load<f32>(from));
  }
}

/** As ReLU does where `least` is zero: it leaves a NaN what it is. */
// @ts-ignore: decorator
@inline
function read(from: usize, least: v128): v128 {
  return f32x4.pmax(v128.load(from), least);
}

function transformColumns4(from: usize, stride: usize, least: v128, to: usize, row: usize, vectors: i32): void {
  for (const end = to + (<usize>vectors << 4); to < end; to += 16, from += 16) {
    const d0 = read(from, least), d1 = read(from + stride, least), d2 = read(from + 2 * stride, least);
    const d3 = read(from + 3 * stride, least), d4 = read(from + 4 * stride, least);
    forward4(d0, d1, d2, d3, d4, read(from + 5 * stride, least), to, row);
  }
}

function transformColumns2(from: usize, stride: usize, least: v128, to: usize, row: usize, vectors: i32): void {
  for (const end = to + (<usize>vectors << 4); to < end; to += 16, from += 16) {
    const d0 = read(from, least), d1 = read(from + stride, least), d2 = read(from + 2 * stride, least);
    forward2(d0, d1, d2, read(from + 3 * stride, least), to, row);
  }
}

/** Of a row, from a vector before the first quad on: the six columns of four tiles that begin four apart, by Bᵀ. */
function transformRow4(from: usize, quads: i32, to: usize, position: usize, quad: usize): void {
  for (const end = from + (<usize>quads << 6); from < end; from += 64, to += quad) {
    const r0 = v128.load(from, 16), r1 = v128.load(from, 32), r2 = v128.load(from, 48), r3 = v128.load(from, 64);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    const d1 = v128.shuffle<f64>(low01, low23, 0, 2), d2 = v128.shuffle<f64>(low01, low23, 1, 3);
    const d3 = v128.shuffle<f64>(high01, high23, 0, 2), d4 = v128.shuffle<f64>(high01, high23, 1, 3);
    const d0 = v128.shuffle<f32>(v128.load(from), d4, 3, 4, 5, 6);
    const d5 = v128.shuffle<f32>(d1, v128.load(from, 80), 1, 2, 3, 4);
    forward4(d0, d1, d2, d3, d4, d5, to, position);
  }
}

/** The four columns of four tiles that begin two apart. */
function transformRow2(from: usize, quads: i32, to: usize, position: usize, quad: usize): void {
  for (const end = from + (<usize>quads << 5); from < end; from += 32, to += quad) {
    const r0 = v128.load(from, 16), r1 = v128.load(from, 32);
    const d1 = v128.shuffle<f32>(r0, r1, 0, 2, 4, 6), d2 = v128.shuffle<f32>(r0, r1, 1, 3, 5, 7);
    const d0 = v128.shuffle<f32>(v128.load(from), d2, 3, 4, 5, 6);
    forward2(d0, d1, d2, v128.shuffle<f32>(d1, v128.load(from, 48), 1, 2, 3, 4), to, position);
  }
}
