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

/** Three numbers by row `row` of G. */
// @ts-ignore: decorator
@inline
function weigh(tile: i32, row: i32, a: f64, b: f64, c: f64): f64 {
  if (row === tile - 1) return c;
  if (tile === 4) {
    if (row === 0) return a;
    return row === 1 ? 0.5 * (a + b + c) : 0.5 * (a - b + c);
  }
  if (row === 0) return a / 4;
  if (row === 1) return -(a + b + c) / 6;
  if (row === 2) return -(a - b + c) / 6;
  return row === 3 ? a / 24 + b / 12 + c / 6 : a / 24 - b / 12 + c / 6;
}

// @ts-ignore: decorator
@inline
function read(from: usize, bytes: i32, tap: i32): f64 {
  return bytes === 2 ? <f64>widen(load<u16>(from + (<usize>tap << 1))) : <f64>load<f32>(from + (<usize>tap << 2));
}

export function pack_winograd(item: i32, args: usize, scratch: usize): void {
  const a = changetype<PackWinogradArgs>(args);
  const tile = a.tile;
  const strips = (a.outChannels + 7) >> 3;
  const position = (<usize>strips * a.inChannels) << 5;
  const columns = scratch; // [3][t] of float64: G g
  for (let lane = 0; lane < 8; lane++) {
    const channel = item * 8 + lane;
    const isGiven = channel < a.outChannels;
    let from = a.weight + <usize>channel * a.inChannels * 9 * a.weightBytes;
    for (let i = 0; i < a.inChannels; i++, from += 9 * a.weightBytes) {
      const before = i - (i % a.part);
      const part = min(a.part, a.inChannels - before);
      const to = a.strips + (<usize>(before * strips + item * part + i - before) << 5) + (<usize>lane << 2);
      if (!isGiven) {
        for (let p = 0; p < tile * tile; p++) store<f32>(to + <usize>p * position, 0);
        continue;
      }
      for (let x = 0; x < 3; x++) {
        const g0 = read(from, a.weightBytes, x), g1 = read(from, a.weightBytes, x + 3);
        const g2 = read(from, a.weightBytes, x + 6);
        for (let u = 0; u < tile; u++) store<f64>(columns + (<usize>(x * 6 + u) << 3), weigh(tile, u, g0, g1, g2));
      }
      let at = to;
      for (let u = 0; u < tile; u++) {
        const row = columns + (<usize>u << 3);
        const c0 = load<f64>(row), c1 = load<f64>(row, 48), c2 = load<f64>(row, 96);
        for (let v = 0; v < tile; v++, at += position) store<f32>(at, <f32>weigh(tile, v, c0, c1, c2));
      }
    }
  }
}
