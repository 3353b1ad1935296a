/**
 * The gradient of a 3×3 convolution by its weight in Winograd's domain, the adjoint of winograd_conv2d: tiles of x by
 * Bᵀ as there, tiles of the cotangent by A, their products summed over tiles at each position of a tile, and the sums
 * back by Gᵀ. An item is a part of the tiles for some output and input channels; four tiles side by side are a quad,
 * the lanes of a vector, so that sums run along them as they do along pixels (multiplyMaps).
 */
import { Runs, multiplyMaps } from '../../conv2d-by-weight/cpu/dot-tile.wasm';
import { Stretch, roomOfStretch, transformStretch } from './forward.wasm';
import { adjoint2, adjoint4, returnWeight2, returnWeight4 } from './transforms.wasm';
import { WinogradArgs } from './winograd-args.wasm';

/** `output` is [parts, O, I, 3, 3], `quads` those of a block, `channels` and `part` an item's output and input ones. */
@unmanaged
class ByWeightArgs extends WinogradArgs {
  cotangent!: usize;
  batch!: i32;
  /** Blocks of a part of the tiles. */
  blocks!: i32;
}

/** Between positions, which would else lie powers of two apart. */
const GAP: usize = 64;
const DESCRIPTION: usize = 128;
/** Vectors that taking a tile or a sum back needs. */
const ROOM: usize = 2048;

export function winograd_by_weight(item: i32, args: usize, scratch: usize): void {
  const a = changetype<ByWeightArgs>(args);
  const m = a.outputs;
  const positions = (m + 2) * (m + 2);
  const outRanges = (a.outChannels + a.channels - 1) / a.channels;
  const inRanges = (a.inChannels + a.part - 1) / a.part;
  const fromO = (item % outRanges) * a.channels;
  const outputs = min(a.channels, a.outChannels - fromO);
  const fromI = ((item / outRanges) % inRanges) * a.part;
  const inputs = min(a.part, a.inChannels - fromI);
  const part = item / (outRanges * inRanges);
  const across = (a.width + 4 * m - 1) / (4 * m);
  const perImage = across * ((a.height + m - 1) / m);
  const all = perImage * a.batch;
  const stretch = changetype<Stretch>(scratch);
  const runs = changetype<Runs>(scratch + 64);
  const room = scratch + DESCRIPTION;
  const row = <usize>a.quads << 4;
  const xPosition = <usize>inputs * row + GAP;
  const gPosition = <usize>outputs * row + GAP;
  const panel = <usize>inputs << 4;
  const sumsPosition = <usize>((outputs + 3) >> 2) * panel;
  const xTiles = room + ((max(ROOM, roomOfStretch(a, a.quads)) + 63) & ~63); // [t²][inputs][quads][4]
  const gTiles = xTiles + <usize>positions * xPosition; // [t²][outputs][quads][4]
  const sums = gTiles + <usize>positions * gPosition; // [t²][panels][inputs][4]
  memory.fill(sums, 0, <usize>positions * sumsPosition);
  const plane = <usize>(a.height * a.width) << 2;
  const first = part * a.blocks * a.quads;
  const last = min(first + a.blocks * a.quads, all);
  runs.count = 1;
  for (let from = first; from < last; from += a.quads) {
    const quads = min(a.quads, last - from);
    runs.length = 4 * quads;
    for (let q = 0; q < quads; q += stretch.quads) {
      const at = from + q;
      const image = at / perImage;
      const inImage = at - image * perImage;
      stretch.y = (inImage / across) * m;
      stretch.x = (inImage % across) * 4 * m;
      stretch.quads = min(quads - q, across - (inImage % across));
      const to = <usize>q << 4;
      const x = a.x + <usize>(image * a.inChannels + fromI) * plane;
      transformStretch(a, stretch, x, inputs, xTiles + to, xPosition, 16, row, room);
      const g = a.cotangent + <usize>(image * a.outChannels + fromO) * plane;
      spreadStretch(a, stretch, g, outputs, gTiles + to, gPosition, row, room);
    }
    for (let p = 0; p < positions; p++) {
      let to = sums + <usize>p * sumsPosition;
      const x = xTiles + <usize>p * xPosition;
      for (let o = 0; o < outputs; o += 4) {
        // Rows of a last panel that there are no channels for are those of its first, and are not written.
        const g0 = gTiles + <usize>p * gPosition + <usize>o * row;
        const g1 = o + 1 < outputs ? g0 + row : g0;
        const g2 = o + 2 < outputs ? g0 + 2 * row : g0;
        const g3 = o + 3 < outputs ? g0 + 3 * row : g0;
        let x0 = x;
        for (let i = 0; i < inputs; i += 2, x0 += 2 * row, to += 32) {
          const two = i + 1 < inputs;
          multiplyMaps(runs, g0, g1, g2, g3, x0, two ? x0 + row : x0, to, two);
          if (!two) to -= 16;
        }
      }
    }
  }
  const result = a.output + (<usize>part * a.outChannels * a.inChannels * 36);
  for (let o = 0; o < outputs; o += 4) {
    for (let i = 0; i < inputs; i++) {
      const from = sums + <usize>(o >> 2) * panel + (<usize>i << 4);
      const to = result + <usize>((fromO + o) * a.inChannels + fromI + i) * 36;
      if (m === 4) returnWeight4(from, sumsPosition, room);
      else returnWeight2(from, sumsPosition, room);
      writeKernels(room, min(4, outputs - o), to, <usize>a.inChannels * 36);
    }
  }
}

/** Nine vectors of four output channels, as kernels of each. */
function writeKernels(from: usize, channels: i32, to: usize, step: usize): void {
  for (let channel = 0; channel < channels; channel++, from += 4, to += step) {
    for (let tap: usize = 0; tap < 9; tap++) store<f32>(to + (tap << 2), load<f32>(from + (tap << 4)));
  }
}

/** `channels` maps of the cotangent by A: [t²] of [channels][quads][4], `position` and `row` bytes apart. */
function spreadStretch(
  a: WinogradArgs, stretch: Stretch, map: usize, channels: i32, to: usize, position: usize, row: usize, room: usize,
): void {
  const m = a.outputs;
  const plane = <usize>(a.height * a.width) << 2;
  const down = stretch.y + m <= a.height;
  for (let c = 0; c < channels; c++, map += plane, to += row) {
    let into = to;
    for (let q = 0, x = stretch.x; q < stretch.quads; q++, x += 4 * m, into += 16) {
      let from = map + (<usize>(stretch.y * a.width + x) << 2);
      let step = <usize>a.width << 2;
      if (!down || x + 4 * m > a.width) {
        copyInside(a, map, stretch.y, x, room);
        from = room;
        step = <usize>(4 * m) << 2;
      }
      if (m === 4) spreadQuad4(from, step, room + 512, into, position);
      else spreadQuad2(from, step, into, position);
    }
  }
}

/** The pixels of a quad; those beyond the map are zeros. */
function copyInside(a: WinogradArgs, map: usize, y: i32, x: i32, to: usize): void {
  const m = a.outputs;
  const count = min(4 * m, a.width - x);
  const step = <usize>(4 * m) << 2;
  memory.fill(to, 0, <usize>m * step);
  for (let row = 0; row < min(m, a.height - y); row++, to += step) {
    memory.copy(to, map + (<usize>((y + row) * a.width + x) << 2), <usize>count << 2);
  }
}

/** Columns first, as pixels lie, one vector a tile; then rows, turned so that vectors hold four tiles. */
function spreadQuad4(from: usize, step: usize, room: usize, to: usize, position: usize): void {
  for (let tile: usize = 0; tile < 64; tile += 16) {
    const row = from + tile;
    const d0 = v128.load(row), d1 = v128.load(row + step), d2 = v128.load(row + 2 * step);
    adjoint4(d0, d1, d2, v128.load(row + 3 * step), room + tile, 64);
  }
  for (let u: usize = 0; u < 6; u++, room += 64, to += 6 * position) {
    const r0 = v128.load(room), r1 = v128.load(room, 16), r2 = v128.load(room, 32), r3 = v128.load(room, 48);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    const d0 = v128.shuffle<f64>(low01, low23, 0, 2), d1 = v128.shuffle<f64>(low01, low23, 1, 3);
    const d2 = v128.shuffle<f64>(high01, high23, 0, 2), d3 = v128.shuffle<f64>(high01, high23, 1, 3);
    adjoint4(d0, d1, d2, d3, to, position);
  }
}

function spreadQuad2(from: usize, step: usize, to: usize, position: usize): void {
  const a0 = v128.load(from), a1 = v128.load(from, 16);
  const b0 = v128.load(from + step), b1 = v128.load(from + step, 16);
  const left0 = v128.shuffle<f32>(a0, a1, 0, 2, 4, 6), right0 = v128.shuffle<f32>(a0, a1, 1, 3, 5, 7);
  const left1 = v128.shuffle<f32>(b0, b1, 0, 2, 4, 6), right1 = v128.shuffle<f32>(b0, b1, 1, 3, 5, 7);
  adjoint2(left0, right0, to, position);
  adjoint2(f32x4.add(left0, left1), f32x4.add(right0, right1), to + 4 * position, position);
  adjoint2(f32x4.sub(left0, left1), f32x4.sub(right0, right1), to + 8 * position, position);
  adjoint2(f32x4.neg(left1), f32x4.neg(right1), to + 12 * position, position);
}
