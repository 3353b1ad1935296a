/**
 * The last stage of winograd_conv2d: products of four output channels, tile after tile, become pixels, with bias, gain
 * and residual, and are turned into rows of each channel as they are written.
 */
import { STRIP, madd } from '../../cpu/tile.wasm';
import { WinogradArgs } from './winograd-args.wasm';
import { inverse2, inverse4 } from './transforms.wasm';

/** Where four channels of an image go, and what joins them. Bytes between channels, and addresses, or 0. */
@unmanaged
class Target {
  output!: usize;
  step!: usize;
  residual!: usize;
  residualStep!: usize;
  residualWidth!: i32;
  given!: i32;
}

/** Quads from `first` on, of four channels: products lie [t²] of tiles, `position` and STRIP bytes apart. */
export function returnTiles(
  a: WinogradArgs, image: i32, channel: i32, first: i32, quads: i32, products: usize, position: usize, room: usize,
): void {
  const m = a.outputs;
  const across = (a.width + 4 * m - 1) / (4 * m);
  const target = changetype<Target>(room);
  const map = <usize>image * a.outChannels + channel;
  const scale = a.residualScale;
  target.step = <usize>a.height * a.width << 2;
  target.output = a.output + map * target.step;
  target.residualWidth = a.width / scale;
  target.residualStep = <usize>(a.height / scale) * target.residualWidth << 2;
  target.residual = a.residual ? a.residual + map * target.residualStep : 0;
  target.given = min(4, a.outChannels - channel);
  const bias = a.bias ? v128.load(a.bias + (<usize>channel << 2)) : f32x4.splat(0);
  for (let q = first; q < first + quads; q++) {
    const y = (q / across) * m;
    const left = (q % across) * 4 * m;
    for (let x = left; x < left + 4 * m; x += m, products += STRIP) {
      if (x >= a.width) continue;
      if (m === 4) returnTile4(a, target, y, x, products, position, bias, room + 64);
      else returnTile2(a, target, y, x, products, position, bias, room + 64);
    }
  }
}

function returnTile4(
  a: WinogradArgs, target: Target, y: i32, x: i32, from: usize, position: usize, bias: v128, room: usize,
): void {
  const row = 6 * position;
  for (let v: usize = 0, to = room; v < 6; v++, from += position, to += 16) { // to [4][6]
    const m0 = v128.load(from), m1 = v128.load(from + row), m2 = v128.load(from + 2 * row);
    const m3 = v128.load(from + 3 * row), m4 = v128.load(from + 4 * row), m5 = v128.load(from + 5 * row);
    inverse4(m0, m1, m2, m3, m4, m5, to, 96);
  }
  const rows = min(4, a.height - y);
  for (let u = 0; u < rows; u++, room += 96) {
    const m0 = v128.load(room), m1 = v128.load(room, 16), m2 = v128.load(room, 32);
    const m3 = v128.load(room, 48), m4 = v128.load(room, 64), m5 = v128.load(room, 80);
    inverse4(m0, m1, m2, m3, m4, m5, room, 16);
    const p0 = f32x4.add(v128.load(room), bias), p1 = f32x4.add(v128.load(room, 16), bias);
    const p2 = f32x4.add(v128.load(room, 32), bias), p3 = f32x4.add(v128.load(room, 48), bias);
    writeRow(a, target, y + u, x, 4, p0, p1, p2, p3);
  }
}

function returnTile2(
  a: WinogradArgs, target: Target, y: i32, x: i32, from: usize, position: usize, bias: v128, room: usize,
): void {
  const row = 4 * position;
  for (let v: usize = 0, to = room; v < 4; v++, from += position, to += 16) { // to [2][4]
    const m0 = v128.load(from), m1 = v128.load(from + row);
    inverse2(m0, m1, v128.load(from + 2 * row), v128.load(from + 3 * row), to, 64);
  }
  const rows = min(2, a.height - y);
  for (let u = 0; u < rows; u++, room += 64) {
    const m0 = v128.load(room), m1 = v128.load(room, 16);
    inverse2(m0, m1, v128.load(room, 32), v128.load(room, 48), room, 16);
    const p0 = f32x4.add(v128.load(room), bias), p1 = f32x4.add(v128.load(room, 16), bias);
    writeRow(a, target, y + u, x, 2, p0, p1, f32x4.splat(0), f32x4.splat(0));
  }
}

/** A row of pixels of a tile, each a vector of channels: up to `most` pixels of each channel. */
// @ts-ignore: decorator
@inline
function writeRow(
  a: WinogradArgs, target: Target, y: i32, x: i32, most: i32, p0: v128, p1: v128, p2: v128, p3: v128,
): void {
  const low01 = v128.shuffle<f32>(p0, p1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(p0, p1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(p2, p3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(p2, p3, 2, 6, 3, 7);
  const c0 = v128.shuffle<f64>(low01, low23, 0, 2), c1 = v128.shuffle<f64>(low01, low23, 1, 3);
  const c2 = v128.shuffle<f64>(high01, high23, 0, 2), c3 = v128.shuffle<f64>(high01, high23, 1, 3);
  const columns = min(most, a.width - x);
  const to = target.output + (<usize>(y * a.width + x) << 2);
  const given = target.given;
  writeChannel(a, target, y, x, 0, columns, c0, to);
  if (given > 1) writeChannel(a, target, y, x, 1, columns, c1, to + target.step);
  if (given > 2) writeChannel(a, target, y, x, 2, columns, c2, to + 2 * target.step);
  if (given > 3) writeChannel(a, target, y, x, 3, columns, c3, to + 3 * target.step);
}

// @ts-ignore: decorator
@inline
function writeChannel(
  a: WinogradArgs, target: Target, y: i32, x: i32, channel: i32, columns: i32, sums: v128, to: usize,
): void {
  let value = sums;
  if (target.residual) value = addResidual(a, target, y, x, channel, sums);
  if (columns === 4) v128.store(to, value);
  else writeColumns(columns, value, to);
}

function writeColumns(columns: i32, value: v128, to: usize): void {
  store<f32>(to, f32x4.extract_lane(value, 0));
  if (columns > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
  if (columns > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
}

function addResidual(a: WinogradArgs, target: Target, y: i32, x: i32, channel: i32, sums: v128): v128 {
  const scale = a.residualScale;
  const at = <usize>((y / scale) * target.residualWidth + x / scale) << 2;
  const read = v128.load(target.residual + <usize>channel * target.residualStep + at);
  return madd(f32x4.splat(a.gain), sums, scale === 2 ? v128.shuffle<f32>(read, read, 0, 0, 1, 1) : read);
}
