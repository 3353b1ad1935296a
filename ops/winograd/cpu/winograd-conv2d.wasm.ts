/**
 * winograd_conv2d: an item is some tiles of an image for some output channels, and all three stages of them lie in
 * scratch. Four tiles side by side are a quad: the lanes of a vector as their pixels are transformed, and the four rows
 * of the register tile as they are multiplied, a position of the tile at a time, with strips of weights. The sums come
 * back by four channels at a time, and are turned into rows of pixels as they are written.
 *
 * Positions are p = u · t + v, u along H.
 */
import { spreadFloats } from '../../cpu/panels.wasm';
import { SPREAD, STRIP, madd, multiplyTile } from '../../cpu/tile.wasm';
import { forward2, forward4, inverse2, inverse4 } from './transforms.wasm';

@unmanaged
class WinogradArgs {
  x!: usize;
  strips!: usize;
  bias!: usize;
  residual!: usize;
  output!: usize;
  inChannels!: i32;
  outChannels!: i32;
  height!: i32;
  width!: i32;
  relu!: i32;
  gain!: f32;
  residualScale!: i32;
  /** Pixels that a tile gives along a side: 4 or 2. */
  outputs!: i32;
  /** Of an item: quads, and output channels, a multiple of 8. */
  quads!: i32;
  channels!: i32;
  /** Input channels that are added up at once. */
  part!: i32;
}

/** Bytes of a row of the pixels of a quad, 20, and of the room for six rows. */
const ROW: usize = 80;
const PIXELS: usize = 512;
/** Between positions, which would else lie powers of two apart and share a few lines of the cache. */
const GAP: usize = 64;
/** Six times six vectors. */
const TILES: usize = 36 * 16;

export function winograd_conv2d(item: i32, args: usize, scratch: usize): void {
  const a = changetype<WinogradArgs>(args);
  const m = a.outputs;
  const t = m + 2;
  const across = (a.width + 4 * m - 1) / (4 * m);
  const all = across * ((a.height + m - 1) / m);
  const stretches = (all + a.quads - 1) / a.quads;
  const ranges = (a.outChannels + a.channels - 1) / a.channels;
  const first = (item % stretches) * a.quads;
  const range = (item / stretches) % ranges;
  const image = item / (stretches * ranges);
  const quads = min(a.quads, all - first);
  const from = range * a.channels;
  const channels = min(a.channels, a.outChannels - from);
  const strips = (channels + 7) >> 3;
  const room = scratch;
  const spread = room + PIXELS + 2 * TILES;
  const tiles = spread + <usize>a.part * SPREAD; // [t²][quads][part][4]
  const position = (<usize>quads * a.part << 4) + GAP;
  const sums = tiles + <usize>(t * t) * position; // [t²][4 · quads][8 · strips]
  const stride = <usize>strips * STRIP;
  const sumsPosition = <usize>quads * 4 * stride + GAP;
  const plane = <usize>a.height * a.width;
  const allStrips = (a.outChannels + 7) >> 3;
  for (let i = 0; i < a.inChannels; i += a.part) {
    const part = min(a.part, a.inChannels - i);
    for (let q = 0; q < quads; q++) {
      const y = ((first + q) / across) * m - 1;
      const x = ((first + q) % across) * 4 * m - 1;
      const map = a.x + ((<usize>image * a.inChannels + i) * plane << 2);
      transformQuad(a, map, plane, part, y, x, tiles + (<usize>q * part << 4), position, room);
    }
    for (let p = 0; p < t * t; p++) {
      const weights = a.strips + (((<usize>p * allStrips + (from >> 3)) * a.inChannels + i) << 5);
      for (let q = 0; q < quads; q++) {
        spreadFloats(tiles + <usize>p * position + (<usize>q * part << 4), part, spread);
        let to = sums + <usize>p * sumsPosition + <usize>q * 4 * stride;
        let strip = weights;
        for (let s = 0; s < strips; s++, to += STRIP, strip += <usize>a.inChannels << 5) {
          multiplyTile(part, spread, strip, to, stride, i > 0);
        }
      }
    }
  }
  for (let q = 0; q < quads; q++) {
    const y = ((first + q) / across) * m;
    const x = ((first + q) % across) * 4 * m;
    for (let lane = 0; lane < 4 && x + lane * m < a.width; lane++) {
      const tile = sums + <usize>(q * 4 + lane) * stride;
      for (let c = 0; c < channels; c += 4) {
        const here = tile + (<usize>c << 2);
        returnTile(a, image, from + c, y, x + lane * m, here, sumsPosition, room);
      }
    }
  }
}

/** Pixels of a quad, from (y, x) on, of `part` channels in Winograd's domain: [t²] of [part][4], `position` apart. */
function transformQuad(
  a: WinogradArgs, map: usize, plane: usize, part: i32, y: i32, x: i32, to: usize, position: usize, room: usize,
): void {
  const m = a.outputs;
  const isInside = y >= 0 && y + m + 2 <= a.height && x >= 0 && x + 4 * m + 2 <= a.width;
  const relu = a.relu !== 0;
  const vectors = room + PIXELS; // [t rows][t columns] of four tiles
  const halfway = vectors + TILES;
  for (let c = 0; c < part; c++, map += plane << 2, to += 16) {
    let from = map + ((<usize>y * a.width + x) << 2);
    let stride = <usize>a.width << 2;
    if (!isInside) {
      copyBorder(a, map, y, x, room);
      from = room;
      stride = ROW;
    }
    if (m === 4) {
      for (let row: usize = 0; row < 6; row++, from += stride) gatherRow4(from, vectors + row * 96, relu);
      for (let v: usize = 0; v < 6; v++) forward4(vectors + v * 16, 96, halfway + v * 16, 96);
      for (let u: usize = 0; u < 6; u++) forward4(halfway + u * 96, 16, to + u * 6 * position, position);
    } else {
      for (let row: usize = 0; row < 4; row++, from += stride) gatherRow2(from, vectors + row * 64, relu);
      for (let v: usize = 0; v < 4; v++) forward2(vectors + v * 16, 64, halfway + v * 16, 64);
      for (let u: usize = 0; u < 4; u++) forward2(halfway + u * 64, 16, to + u * 4 * position, position);
    }
  }
}

/** The pixels around a quad at the border of an image, with zeros beyond. */
function copyBorder(a: WinogradArgs, map: usize, y: i32, x: i32, to: usize): void {
  const columns = 4 * a.outputs + 4;
  const left = max(0, -x);
  const right = min(columns, a.width - x);
  for (let row = 0; row < a.outputs + 2; row++, to += ROW) {
    for (let at: usize = 0; at < ROW; at += 16) v128.store(to + at, f32x4.splat(0));
    if (y + row < 0 || y + row >= a.height) continue;
    let from = map + ((<usize>(y + row) * a.width + x + left) << 2);
    let into = to + (<usize>left << 2);
    const end = to + ((<usize>right) << 2);
    for (; into + 16 <= end; into += 16, from += 16) v128.store(into, v128.load(from));
    for (; into < end; into += 4, from += 4) store<f32>(into, load<f32>(from));
  }
}

// @ts-ignore: decorator
@inline
function clip(value: v128, relu: bool): v128 {
  return relu ? f32x4.pmax(value, f32x4.splat(0)) : value;
}

/** Of a row of pixels the six columns of four tiles that begin four apart. */
// @ts-ignore: decorator
@inline
function gatherRow4(from: usize, to: usize, relu: bool): void {
  const r0 = clip(v128.load(from), relu), r1 = clip(v128.load(from, 16), relu);
  const r2 = clip(v128.load(from, 32), relu), r3 = clip(v128.load(from, 48), relu);
  const r4 = clip(v128.load(from, 64), relu);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const c0 = v128.shuffle<f64>(low01, low23, 0, 2), c1 = v128.shuffle<f64>(low01, low23, 1, 3);
  v128.store(to, c0);
  v128.store(to, c1, 16);
  v128.store(to, v128.shuffle<f64>(high01, high23, 0, 2), 32);
  v128.store(to, v128.shuffle<f64>(high01, high23, 1, 3), 48);
  v128.store(to, v128.shuffle<f32>(c0, r4, 1, 2, 3, 4), 64);
  v128.store(to, v128.shuffle<f32>(c1, r4, 1, 2, 3, 5), 80);
}

/** The four columns of four tiles that begin two apart. */
// @ts-ignore: decorator
@inline
function gatherRow2(from: usize, to: usize, relu: bool): void {
  const r0 = clip(v128.load(from), relu), r1 = clip(v128.load(from, 16), relu), r2 = clip(v128.load(from, 32), relu);
  const even = v128.shuffle<f32>(r0, r1, 0, 2, 4, 6), odd = v128.shuffle<f32>(r0, r1, 1, 3, 5, 7);
  v128.store(to, even);
  v128.store(to, odd, 16);
  v128.store(to, v128.shuffle<f32>(even, r2, 1, 2, 3, 4), 32);
  v128.store(to, v128.shuffle<f32>(odd, r2, 1, 2, 3, 5), 48);
}

/** Products of a tile for four output channels, `position` bytes apart, become its pixels from (y, x) on. */
function returnTile(
  a: WinogradArgs, image: i32, channel: i32, y: i32, x: i32, products: usize, position: usize, room: usize,
): void {
  const m = a.outputs;
  const halfway = room; // [m][t]
  const pixels = room + TILES; // [m][m] of four channels
  if (m === 4) {
    for (let v: usize = 0; v < 6; v++) inverse4(products + v * position, 6 * position, halfway + v * 16, 96);
    for (let u: usize = 0; u < 4; u++) inverse4(halfway + u * 96, 16, pixels + u * 64, 16);
  } else {
    for (let v: usize = 0; v < 4; v++) inverse2(products + v * position, 4 * position, halfway + v * 16, 64);
    for (let u: usize = 0; u < 2; u++) inverse2(halfway + u * 64, 16, pixels + u * 32, 16);
  }
  const plane = <usize>a.height * a.width;
  const map = a.output + (((<usize>image * a.outChannels + channel) * plane) << 2);
  const scale = a.residualScale;
  const residualWidth = a.width / scale;
  const residualPlane = <usize>(a.height / scale) * residualWidth;
  const residual = a.residual ? a.residual + (((<usize>image * a.outChannels + channel) * residualPlane) << 2) : 0;
  const given = min(4, a.outChannels - channel);
  const bias = a.bias ? v128.load(a.bias + (<usize>channel << 2)) : f32x4.splat(0);
  const gain = f32x4.splat(a.gain);
  const columns = min(m, a.width - x);
  for (let row = 0; row < m && y + row < a.height; row++) {
    const from = pixels + <usize>(row * m) * 16;
    const none = f32x4.splat(0);
    const p0 = f32x4.add(v128.load(from), bias), p1 = f32x4.add(v128.load(from, 16), bias);
    const p2 = m === 4 ? f32x4.add(v128.load(from, 32), bias) : none;
    const p3 = m === 4 ? f32x4.add(v128.load(from, 48), bias) : none;
    const low01 = v128.shuffle<f32>(p0, p1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(p0, p1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(p2, p3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(p2, p3, 2, 6, 3, 7);
    const at = map + ((<usize>(y + row) * a.width + x) << 2);
    const residualAt = residual ? residual + ((<usize>((y + row) / scale) * residualWidth + x / scale) << 2) : 0;
    const step = plane << 2;
    const residualStep = residualPlane << 2;
    for (let c: i32 = 0; c < given; c++) {
      let value = c < 2
        ? c === 0 ? v128.shuffle<f64>(low01, low23, 0, 2) : v128.shuffle<f64>(low01, low23, 1, 3)
        : c === 2 ? v128.shuffle<f64>(high01, high23, 0, 2) : v128.shuffle<f64>(high01, high23, 1, 3);
      if (residual) {
        let r = v128.load(residualAt + c * residualStep);
        if (scale === 2) r = v128.shuffle<f32>(r, r, 0, 0, 1, 1);
        value = madd(gain, value, r);
      }
      const to = at + c * step;
      if (columns === 4) v128.store(to, value);
      else {
        store<f32>(to, f32x4.extract_lane(value, 0));
        if (columns > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
        if (columns > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
      }
    }
  }
}
