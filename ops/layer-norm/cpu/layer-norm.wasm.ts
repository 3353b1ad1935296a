/**
 * LayerNorm of rows. The mean is taken twice: what the first sum rounds away is found again in the sum of differences
 * from it, so that rows far from zero keep their digits.
 */
import { addUp, storeFirst, sumLine } from '../../cpu/lines.wasm';
import { madd } from '../../cpu/tile.wasm';

@unmanaged
class Rows {
  x: usize;
  weight: usize;
  bias: usize;
  result: usize;
  channels: i32;
  rows: i32;
  each: i32;
  eps: f32;
}

export function layerNorm(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const end = min((item + 1) * given.each, given.rows);
  for (let row = item * given.each; row < end; row++) {
    const offset = <usize>(row * given.channels) << 2;
    normalizeRow(given, given.x + offset, given.result + offset);
  }
}

function normalizeRow(given: Rows, x: usize, result: usize): void {
  const channels = given.channels;
  const whole = channels & ~3;
  const mean = sumLine(x, channels) / <f32>channels;
  const means = f32x4.splat(mean);
  let differences = f32x4.splat(0);
  let squares = f32x4.splat(0);
  let moreSquares = f32x4.splat(0);
  let moreDifferences = f32x4.splat(0);
  let at: i32 = 0;
  for (; at + 8 <= channels; at += 8) {
    const from = x + (<usize>at << 2);
    const first = f32x4.sub(v128.load(from), means);
    const second = f32x4.sub(v128.load(from, 16), means);
    differences = f32x4.add(differences, first);
    moreDifferences = f32x4.add(moreDifferences, second);
    squares = madd(first, first, squares);
    moreSquares = madd(second, second, moreSquares);
  }
  let difference = addUp(f32x4.add(differences, moreDifferences));
  let square = addUp(f32x4.add(squares, moreSquares));
  for (; at < channels; at++) {
    const distance = f32.load(x + (<usize>at << 2)) - mean;
    difference += distance;
    square += distance * distance;
  }
  const rest = difference / <f32>channels;
  const variance = <f64>square / <f64>channels - <f64>rest * <f64>rest;
  const positive = variance < 0 ? 0 : variance; // where all numbers are equal; NaN stays
  const scale = f32x4.splat(<f32>(1 / Math.sqrt(positive + <f64>given.eps)));
  const rests = f32x4.splat(rest);
  for (at = 0; at <= whole; at += 4) {
    const place = <usize>at << 2;
    if (at === whole && whole === channels) break;
    const moved = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x + place), means), rests), scale);
    const stretched = madd(moved, v128.load(given.weight + place), v128.load(given.bias + place));
    if (at < whole) v128.store(result + place, stretched);
    else storeFirst(result + place, stretched, channels - whole);
  }
}
