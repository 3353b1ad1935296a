/**
 * What a LayerNorm knows of rows, and its way back (../norm-stats.ts). Differences are taken from a row's first number.
 */
import { addUp, storeFirst } from '../../cpu/lines.wasm';
import { madd } from '../../cpu/tile.wasm';

@unmanaged
class Rows {
  result: usize;
  rows: i32;
  each: i32;
  channels: i32;
  eps: f32;
  x: usize;
  stats: usize;
  /** 0 where there is none. */
  weight: usize;
  bias: usize;
  cotangent: usize;
  means: usize;
}

export function normStats(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const channels = given.channels;
  const end = min((item + 1) * given.each, given.rows);
  for (let row = item * given.each; row < end; row++) {
    const x = given.x + (<usize>(row * channels) << 2);
    const mean = sumFrom(x, channels, f32.load(x)) / <f32>channels;
    const variance = <f64>squareFrom(x, channels, f32.load(x), mean) / <f64>channels;
    const to = given.result + (<usize>row << 3);
    f32.store(to, mean);
    f32.store(to, <f32>(1 / Math.sqrt(variance + <f64>given.eps)), 4);
  }
}

/** Σ (x − first). */
function sumFrom(x: usize, count: i32, first: f32): f32 {
  const start = f32x4.splat(first);
  let a = f32x4.splat(0);
  let b = a;
  let left = count;
  for (; left >= 8; left -= 8, x += 32) {
    a = f32x4.add(a, f32x4.sub(v128.load(x), start));
    b = f32x4.add(b, f32x4.sub(v128.load(x, 16), start));
  }
  let sum = addUp(f32x4.add(a, b));
  for (; left > 0; left--, x += 4) sum += f32.load(x) - first;
  return sum;
}

/** Σ (x − first − mean)². */
function squareFrom(x: usize, count: i32, first: f32, mean: f32): f32 {
  const start = f32x4.splat(first);
  const means = f32x4.splat(mean);
  let a = f32x4.splat(0);
  let b = a;
  let left = count;
  for (; left >= 8; left -= 8, x += 32) {
    const p = f32x4.sub(f32x4.sub(v128.load(x), start), means);
    const q = f32x4.sub(f32x4.sub(v128.load(x, 16), start), means);
    a = madd(p, p, a);
    b = madd(q, q, b);
  }
  let sum = addUp(f32x4.add(a, b));
  for (; left > 0; left--, x += 4) {
    const p = f32.load(x) - first - mean;
    sum += p * p;
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function normal4(x: usize, first: v128, mean: v128, scale: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.sub(v128.load(x), first), mean), scale);
}

export function normalize(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const channels = given.channels;
  const end = min((item + 1) * given.each, given.rows);
  for (let row = item * given.each; row < end; row++) {
    const offset = <usize>(row * channels) << 2;
    const x = given.x + offset;
    const result = given.result + offset;
    const stats = given.stats + (<usize>row << 3);
    const first = v128.load32_splat(x);
    const mean = v128.load32_splat(stats);
    const scale = v128.load32_splat(stats, 4);
    for (let c = 0; c < channels; c += 4) {
      const at = <usize>c << 2;
      let normal = normal4(x + at, first, mean, scale);
      if (given.weight) normal = madd(normal, v128.load(given.weight + at), v128.load(given.bias + at));
      if (c + 4 <= channels) v128.store(result + at, normal);
      else storeFirst(result + at, normal, channels - c);
    }
  }
}

export function normMeans(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const channels = given.channels;
  const whole = channels & ~3;
  const end = min((item + 1) * given.each, given.rows);
  for (let row = item * given.each; row < end; row++) {
    const offset = <usize>(row * channels) << 2;
    const x = given.x + offset;
    const cotangent = given.cotangent + offset;
    const stats = given.stats + (<usize>row << 3);
    const first = v128.load32_splat(x);
    const mean = v128.load32_splat(stats);
    const scale = v128.load32_splat(stats, 4);
    let totals = f32x4.splat(0);
    let products = totals;
    for (let at: usize = 0; at < <usize>whole << 2; at += 16) {
      const scaled = f32x4.mul(v128.load(cotangent + at), v128.load(given.weight + at));
      totals = f32x4.add(totals, scaled);
      products = madd(scaled, normal4(x + at, first, mean, scale), products);
    }
    let total = addUp(totals);
    let product = addUp(products);
    for (let c = whole; c < channels; c++) {
      const at = <usize>c << 2;
      const scaled = f32.load(cotangent + at) * f32.load(given.weight + at);
      total += scaled;
      product += scaled * f32x4.extract_lane(normal4(x + at, first, mean, scale), 0);
    }
    const to = given.result + (<usize>row << 3);
    f32.store(to, total / <f32>channels);
    f32.store(to, product / <f32>channels, 4);
  }
}

export function layerNormByX(item: i32, args: usize, _scratch: usize): void {
  const given = changetype<Rows>(args);
  const channels = given.channels;
  const end = min((item + 1) * given.each, given.rows);
  for (let row = item * given.each; row < end; row++) {
    const offset = <usize>(row * channels) << 2;
    const x = given.x + offset;
    const stats = given.stats + (<usize>row << 3);
    const means = given.means + (<usize>row << 3);
    const first = v128.load32_splat(x);
    const mean = v128.load32_splat(stats);
    const scale = v128.load32_splat(stats, 4);
    const total = v128.load32_splat(means);
    const product = v128.load32_splat(means, 4);
    for (let c = 0; c < channels; c += 4) {
      const at = <usize>c << 2;
      const scaled = f32x4.mul(v128.load(given.cotangent + offset + at), v128.load(given.weight + at));
      const along = f32x4.mul(normal4(x + at, first, mean, scale), product);
      const passed = f32x4.mul(f32x4.sub(f32x4.sub(scaled, total), along), scale);
      if (c + 4 <= channels) v128.store(given.result + offset + at, passed);
      else storeFirst(given.result + offset + at, passed, channels - c);
    }
  }
}
