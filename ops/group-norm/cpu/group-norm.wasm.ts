/**
 * GroupNorm. The mean is taken twice: of differences from the group's first number, and again of differences from what
 * that gave, so that numbers far from zero keep their digits. Sums of a block are floats, sums of blocks doubles.
 */
import { addUp, storeFirst } from '../../cpu/lines.wasm';
import { madd } from '../../cpu/tile.wasm';
import { silu4 } from '../../elementwise/cpu/functions.wasm';

/** Numbers that are summed in floats before the sum goes to a double. */
const BLOCK: i32 = 2048;

@unmanaged
class Groups {
  x: usize;
  weight: usize;
  bias: usize;
  result: usize;
  /** Groups of all pictures, and how many of them an item computes. */
  total: i32;
  each: i32;
  /** Groups of a picture, channels of a group, pixels of a channel. */
  groups: i32;
  channels: i32;
  pixels: i32;
  epsilon: f32;
  silu: i32;
}

export function groupNorm(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Groups>(args);
  const end = min((item + 1) * given.each, given.total);
  for (let group = item * given.each; group < end; group++) normalizeGroup(given, group);
}

function normalizeGroup(given: Groups, group: i32): void {
  const count = given.channels * given.pixels;
  const offset = <usize>group * (<usize>count << 2);
  const x = given.x + offset;
  const first = f32.load(x);
  let total: f64 = 0;
  for (let at = 0; at < count; at += BLOCK) {
    total += <f64>sumBlock<Difference>(x + (<usize>at << 2), min(BLOCK, count - at), first);
  }
  const mean = <f32>(<f64>first + total / <f64>count);
  let differences: f64 = 0;
  let squares: f64 = 0;
  for (let at = 0; at < count; at += BLOCK) {
    const from = x + (<usize>at << 2);
    const size = min(BLOCK, count - at);
    differences += <f64>sumBlock<Difference>(from, size, mean);
    squares += <f64>sumBlock<Square>(from, size, mean);
  }
  const rest = differences / <f64>count;
  const variance = squares / <f64>count - rest * rest;
  const positive = variance < 0 ? 0 : variance; // where all numbers are equal; NaN stays
  const scale = 1 / Math.sqrt(positive + <f64>given.epsilon);
  const channel = (group % given.groups) * given.channels;
  for (let c = 0; c < given.channels; c++) {
    const own = <usize>(channel + c) << 2;
    const along = offset + (<usize>(c * given.pixels) << 2);
    const slope = <f32>(scale * <f64>f32.load(given.weight + own));
    writeChannel(given, along, mean, <f32>rest, slope, f32.load(given.bias + own));
  }
}

class Difference {
  @inline add(sum: v128, difference: v128): v128 {
    return f32x4.add(sum, difference);
  }
}

class Square {
  @inline add(sum: v128, difference: v128): v128 {
    return madd(difference, difference, sum);
  }
}

/** Sum over numbers less `origin`, or over their squares. */
function sumBlock<Term>(from: usize, count: i32, origin: f32): f32 {
  const term = changetype<Term>(0);
  const origins = f32x4.splat(origin);
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let left = count;
  for (; left >= 16; left -= 16) {
    a = term.add(a, f32x4.sub(v128.load(from), origins));
    b = term.add(b, f32x4.sub(v128.load(from, 16), origins));
    c = term.add(c, f32x4.sub(v128.load(from, 32), origins));
    d = term.add(d, f32x4.sub(v128.load(from, 48), origins));
    from += 64;
  }
  for (; left > 0; left -= 4) {
    const exists = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(left));
    a = term.add(a, v128.and(f32x4.sub(v128.load(from), origins), exists));
    from += 16;
  }
  return addUp(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

/** A channel moved and stretched; a block of it at a time goes through SiLU, while it lies in the first cache. */
function writeChannel(given: Groups, offset: usize, mean: f32, rest: f32, slope: f32, bias: f32): void {
  for (let at = 0; at < given.pixels; at += BLOCK) {
    const place = offset + (<usize>at << 2);
    const count = min(BLOCK, given.pixels - at);
    stretch(given.x + place, given.result + place, count, mean, rest, slope, bias);
    if (given.silu) applySilu(given.result + place, count);
  }
}

function stretch(x: usize, result: usize, count: i32, mean: f32, rest: f32, slope: f32, bias: f32): void {
  const means = f32x4.splat(mean);
  const rests = f32x4.splat(rest);
  const slopes = f32x4.splat(slope);
  const biases = f32x4.splat(bias);
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, result += 16) {
    v128.store(result, madd(f32x4.sub(f32x4.sub(v128.load(x), means), rests), slopes, biases));
  }
  if ((count & 3) === 0) return;
  const last = madd(f32x4.sub(f32x4.sub(v128.load(x), means), rests), slopes, biases);
  storeFirst(result, last, count & 3);
}

function applySilu(numbers: usize, count: i32): void {
  const end = numbers + (<usize>(count & ~3) << 2);
  for (; numbers < end; numbers += 16) v128.store(numbers, silu4(v128.load(numbers)));
  if (count & 3) storeFirst(numbers, silu4(v128.load(numbers)), count & 3);
}
