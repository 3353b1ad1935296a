/**
 * winograd_conv2d: an item is some tiles of an image for some output channels, and all three stages of them lie in
 * scratch. Four tiles side by side are a quad: the lanes of a vector as their pixels are transformed, and the four rows
 * of the register tile as they are multiplied, a position of the tile at a time, with strips of weights. The sums come
 * back by four channels at a time, and are turned into rows of pixels as they are written.
 *
 * What lies between the stages is laid out so that each stage walks through memory in stretches: steps of a power of
 * two would meet in a few lines of the cache. Positions are p = u · t + v, u along H.
 */
import { SPREAD, STRIP, multiplyTile, spreadAndMultiplyTile } from '../../cpu/tile.wasm';
import { Stretch, roomOfStretch, transformStretch } from './forward.wasm';
import { returnTiles } from './inverse.wasm';
import { WinogradArgs } from './winograd-args.wasm';

/** Between positions and quads, which would else lie powers of two apart and share a few lines of the cache. */
const GAP: usize = 64;
/** At the start of scratch, before the room of the stages. */
const DESCRIPTION: usize = 64;
/** What the last stage wants of the room. */
const LEAST_ROOM: usize = 1024;

export function winograd_conv2d(item: i32, args: usize, scratch: usize): void {
  const a = changetype<WinogradArgs>(args);
  const m = a.outputs;
  const positions = (m + 2) * (m + 2);
  const across = (a.width + 4 * m - 1) / (4 * m);
  const all = across * ((a.height + m - 1) / m);
  const parts = (all + a.quads - 1) / a.quads;
  const ranges = (a.outChannels + a.channels - 1) / a.channels;
  const first = (item % parts) * a.quads;
  const range = (item / parts) % ranges;
  const image = item / (parts * ranges);
  const quads = min(a.quads, all - first);
  const from = range * a.channels;
  const channels = min(a.channels, a.outChannels - from);
  const strips = (channels + 7) >> 3;
  const stretch = changetype<Stretch>(scratch);
  const room = scratch + DESCRIPTION;
  const spread = room + max(LEAST_ROOM, (roomOfStretch(a, quads) + 63) & ~63);
  const tiles = spread + <usize>a.part * SPREAD; // [t²][quads][part][4]
  const quad = (<usize>a.part << 4) + GAP;
  const position = <usize>quads * quad + GAP;
  const sums = tiles + <usize>positions * position; // [t²][strips][4 · quads][8]
  const column = <usize>quads * 4 * STRIP;
  const sumsPosition = <usize>strips * column + GAP;
  const plane = <usize>a.height * a.width << 2;
  const allStrips = (a.outChannels + 7) >> 3;
  for (let i = 0; i < a.inChannels; i += a.part) {
    const part = min(a.part, a.inChannels - i);
    const map = a.x + <usize>(image * a.inChannels + i) * plane;
    for (let q = 0; q < quads; q += stretch.quads) {
      const at = first + q;
      stretch.y = (at / across) * m;
      stretch.x = (at % across) * 4 * m;
      stretch.quads = min(quads - q, across - (at % across));
      transformStretch(a, stretch, map, part, tiles + <usize>q * quad, position, quad, 16, room);
    }
    for (let p = 0; p < positions; p++) {
      const weights = a.strips + ((<usize>(p * a.inChannels + i) * allStrips + <usize>(from >> 3) * part) << 5);
      for (let q = 0; q < quads; q++) {
        const from = tiles + <usize>p * position + <usize>q * quad;
        const to = sums + <usize>p * sumsPosition + <usize>q * 4 * STRIP;
        spreadAndMultiplyTile(part, from, spread, weights, to, STRIP, i > 0);
        for (let s = 1; s < strips; s++) {
          multiplyTile(part, spread, weights + <usize>(s * part) * STRIP, to + <usize>s * column, STRIP, i > 0);
        }
      }
    }
  }
  for (let c = 0; c < channels; c += 4) {
    const here = sums + <usize>(c >> 3) * column + (<usize>(c & 4) << 2);
    returnTiles(a, image, from + c, first, quads, here, sumsPosition, room);
  }
}
