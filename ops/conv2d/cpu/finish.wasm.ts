/** What ends a convolution: bias, gain and residual on the sums of four output channels, row by row. */
import { madd } from '../../cpu/tile.wasm';
import { Block } from './pixels.wasm';

/** Where results go and what joins them; addresses are 0 for what there is not. */
@unmanaged
export class Finish {
  /** The first channel of the image's result, and of the residual's image. */
  output!: usize;
  residual!: usize;
  bias!: usize;
  gain!: f32;
  /** 1, or 2 where the residual is half as high and wide. */
  residualScale!: i32;
  outChannels!: i32;
  /** Of a map of the result before any pool. */
  height!: i32;
  width!: i32;
}

/** Two pixels for each of four. */
// @ts-ignore: decorator
@inline
function doubleLow(four: v128): v128 {
  return v128.shuffle<f32>(four, four, 0, 0, 1, 1);
}

// @ts-ignore: decorator
@inline
function doubleHigh(four: v128): v128 {
  return v128.shuffle<f32>(four, four, 2, 2, 3, 3);
}

/** Where the residual of pixel (y, x) lies. */
// @ts-ignore: decorator
@inline
function residualAt(map: usize, width: i32, scale: i32, y: i32, x: i32): usize {
  return scale === 1 ? map + (<usize>(y * width + x) << 2) : map + (<usize>((y >> 1) * (width >> 1) + (x >> 1)) << 2);
}

/** The sums of one channel of a block, with all that joins them, from `sums` to `to`; both lie pixel after pixel. */
export function finishRow(finish: Finish, block: Block, channel: i32, sums: usize, to: usize): void {
  const bias: f32 = finish.bias ? load<f32>(finish.bias + (<usize>channel << 2)) : 0;
  const bias4 = f32x4.splat(bias);
  const pixels = block.rows * block.columns;
  const whole = pixels & ~7;
  if (finish.residual === 0) {
    let at = 0;
    for (; at < whole; at += 8, sums += 32, to += 32) {
      v128.store(to, f32x4.add(v128.load(sums), bias4));
      v128.store(to, f32x4.add(v128.load(sums, 16), bias4), 16);
    }
    for (; at < pixels; at++, sums += 4, to += 4) store<f32>(to, load<f32>(sums) + bias);
    return;
  }
  const scale = finish.residualScale;
  const width = finish.width;
  const gain = finish.gain;
  const gain4 = f32x4.splat(gain);
  const map = finish.residual + (<usize>channel * (<usize>(finish.height / scale) * (width / scale)) << 2);
  const columns = block.columns;
  for (let row = 0; row < block.rows; row++) {
    const y = block.y + row;
    let column = 0;
    // A pair of pixels has one pixel of a smaller residual: blocks begin at even columns.
    for (; column + 8 <= columns; column += 8, sums += 32, to += 32) {
      const from = residualAt(map, width, scale, y, block.x + column);
      const first = v128.load(from);
      const r0 = scale === 1 ? first : doubleLow(first);
      const r1 = scale === 1 ? v128.load(from, 16) : doubleHigh(first);
      v128.store(to, madd(gain4, f32x4.add(v128.load(sums), bias4), r0));
      v128.store(to, madd(gain4, f32x4.add(v128.load(sums, 16), bias4), r1), 16);
    }
    for (; column < columns; column++, sums += 4, to += 4) {
      const r = load<f32>(residualAt(map, width, scale, y, block.x + column));
      store<f32>(to, r + gain * (load<f32>(sums) + bias));
    }
  }
}

/** The largest of each 2×2 pixels of a block; a NaN among them makes a NaN. Rows of the result are `width` long. */
export function poolRows(block: Block, sums: usize, to: usize, width: i32): void {
  const columns = block.columns;
  const pairs = columns >> 1;
  for (let row = 0; row + 2 <= block.rows; row += 2, to += <usize>width << 2) {
    const upper = sums + (<usize>(row * columns) << 2);
    const lower = upper + (<usize>columns << 2);
    let pair = 0;
    for (; pair + 4 <= pairs; pair += 4) {
      const at = <usize>pair << 3;
      const first = f32x4.max(v128.load(upper + at), v128.load(lower + at));
      const second = f32x4.max(v128.load(upper + at, 16), v128.load(lower + at, 16));
      const even = v128.shuffle<f32>(first, second, 0, 2, 4, 6);
      v128.store(to + (<usize>pair << 2), f32x4.max(even, v128.shuffle<f32>(first, second, 1, 3, 5, 7)));
    }
    for (; pair < pairs; pair++) {
      const at = <usize>pair << 3;
      const first = max<f32>(load<f32>(upper + at), load<f32>(lower + at));
      const second = max<f32>(load<f32>(upper + at, 4), load<f32>(lower + at, 4));
      store<f32>(to + (<usize>pair << 2), max<f32>(first, second));
    }
  }
}
