/**
 * Weights [O, I, 3, 3] in Winograd's domain: G g Gᵀ of each kernel, in float64 and rounded once, as strips
 * [t²] of [⌈O/8⌉, part, 8] for each part of the input channels: eight output channels a strip. Columns of a last strip
 * that there are no channels for are zeros. An item is a strip, of all parts and all positions of a tile.
 */
import { widen } from '../../cpu/panels.wasm';

@unmanaged
class PackWinogradArgs {
  weight!: usize;
  strips!: usize;
  outChannels!: i32;
  inChannels!: i32;
  /** Of a number of the weight: 4, or 2 for halves. */
  weightBytes!: i32;
  /** Pixels along a tile: 6 or 4. */
  tile!: i32;
  /** Input channels of each part but the last, which may have fewer. */
  part!: i32;
}

/** Three numbers of two channels by all rows of G, to vectors `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function weigh(tile: i32, a: v128, b: v128, c: v128, to: usize, stride: usize): void {
  const outer = f64x2.add(a, c);
  if (tile === 4) {
    const half = f64x2.splat(0.5);
    v128.store(to, a);
    v128.store(to + stride, f64x2.mul(half, f64x2.add(outer, b)));
    v128.store(to + 2 * stride, f64x2.mul(half, f64x2.sub(outer, b)));
    v128.store(to + 3 * stride, c);
    return;
  }
  const two = f64x2.splat(2), four = f64x2.splat(4), six = f64x2.splat(-6), many = f64x2.splat(24);
  const far = f64x2.add(a, f64x2.mul(four, c)), near = f64x2.mul(two, b);
  v128.store(to, f64x2.mul(f64x2.splat(0.25), a));
  v128.store(to + stride, f64x2.div(f64x2.add(outer, b), six));
  v128.store(to + 2 * stride, f64x2.div(f64x2.sub(outer, b), six));
  v128.store(to + 3 * stride, f64x2.div(f64x2.add(far, near), many));
  v128.store(to + 4 * stride, f64x2.div(f64x2.sub(far, near), many));
  v128.store(to + 5 * stride, c);
}

/** A number of a kernel and of the next channel's, `step` bytes on; zero for a channel that there is not. */
// @ts-ignore: decorator
@inline
function read(from: usize, step: usize, channels: i32, bytes: i32, tap: i32): v128 {
  const at = from + <usize>(tap * bytes);
  const first: f64 = channels > 0 ? (bytes === 2 ? <f64>widen(load<u16>(at)) : <f64>load<f32>(at)) : 0;
  const next: f64 = channels > 1 ? (bytes === 2 ? <f64>widen(load<u16>(at + step)) : <f64>load<f32>(at + step)) : 0;
  return f64x2.replace_lane(f64x2.splat(first), 1, next);
}

export function pack_winograd(item: i32, args: usize, scratch: usize): void {
  const a = changetype<PackWinogradArgs>(args);
  const tile = a.tile;
  const strips = (a.outChannels + 7) >> 3;
  const position = (<usize>strips * a.inChannels) << 5;
  const columns = scratch; // [t][3] vectors: G g
  const rows = scratch + 512; // [t]
  const step = <usize>(a.inChannels * 9 * a.weightBytes);
  for (let lane = 0; lane < 8; lane += 2) {
    const channel = item * 8 + lane;
    const channels = a.outChannels - channel;
    let from = a.weight + <usize>channel * step;
    for (let i = 0; i < a.inChannels; i++, from += 9 * a.weightBytes) {
      const before = i - (i % a.part);
      const part = min(a.part, a.inChannels - before);
      let at = a.strips + (<usize>(before * strips + item * part + i - before) << 5) + (<usize>lane << 2);
      for (let x = 0; x < 3; x++) {
        const g0 = read(from, step, channels, a.weightBytes, x);
        const g1 = read(from, step, channels, a.weightBytes, x + 3);
        weigh(tile, g0, g1, read(from, step, channels, a.weightBytes, x + 6), columns + (<usize>x << 4), 48);
      }
      for (let u = 0, column = columns; u < tile; u++, column += 48) {
        weigh(tile, v128.load(column), v128.load(column, 16), v128.load(column, 32), rows, 16);
        for (let v = 0; v < tile; v++, at += position) {
          v128.store64_lane(at, f32x4.demote_f64x2_zero(v128.load(rows + (<usize>v << 4))), 0);
        }
      }
    }
  }
}
