/**
 * Attention over a cache: the products of queries with the keys that they see, and the softmax of those times values.
 * A vector of a cache lies in four planes (ops/cpu/planes.wasm.ts), so a query is laid in four planes too.
 */
import { addUp, largestInLine } from '../../cpu/lines.wasm';
import { fromPlanes, toPlanes } from '../../cpu/planes.wasm';
import { madd } from '../../cpu/tile.wasm';
import { exp4 } from '../../elementwise/cpu/functions.wasm';
import { Attention, listKeys, quadsOf, rowBytes } from './keys.wasm';

/** Where the vectors of a sequence and a head begin in the row of position 0; values follow the keys of all heads. */
function vectorsOf(given: Attention, n: i32, first: i32): usize {
  const sequence = (n / given.heads) * (given.batch / given.sequences);
  const vector = sequence * 2 * given.heads + first + (n % given.heads);
  return given.cache + (<usize>(vector * quadsOf(given)) << 2);
}

export function attentionScores(item: i32, args: usize, scratch: usize): void {
  const given = changetype<Attention>(args);
  const queries = given.queries;
  const slots = given.slots;
  const quads = quadsOf(given);
  const row = rowBytes(given);
  const plane = row * given.length;
  const keys = scratch;
  const query = scratch + (<usize>slots << 2);
  const position = i32.load(given.position);
  const end = min((item + 1) * given.each, given.sequences * given.heads * queries);
  let listed = -1;
  for (let at = item * given.each; at < end; at++) {
    const n = at / queries;
    const m = at - n * queries;
    if (m !== listed) listKeys(given, position + m, keys);
    listed = m;
    const source = (n / given.heads) * queries + m;
    const from = source * given.channels + (n % given.heads) * given.headSize;
    toPlanes(given.from + (<usize>from << 2), query, <usize>quads << 2, given.headSize);
    const vectors = vectorsOf(given, n, 0);
    const result = given.result + (<usize>(at * slots) << 2);
    for (let slot = 0; slot < slots; slot++) {
      const key = i32.load(keys + (<usize>slot << 2));
      let score: f32 = -3e38; // UNSEEN of ../attributes.ts
      if (key >= 0) score = multiplyVectors(query, vectors + <usize>key * row, plane, quads) * given.scale;
      f32.store(result + (<usize>slot << 2), score);
    }
  }
}

/** The product of a query with a key, both in four planes. */
// @ts-ignore: decorator
@inline
function multiplyVectors(query: usize, key: usize, plane: usize, quads: i32): f32 {
  const own = <usize>quads << 2;
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let at: usize = 0;
  const whole = <usize>(quads & ~3) << 2;
  for (; at < whole; at += 16) {
    a = madd(v128.load(query + at), v128.load(key + at), a);
    b = madd(v128.load(query + own + at), v128.load(key + plane + at), b);
    c = madd(v128.load(query + 2 * own + at), v128.load(key + 2 * plane + at), c);
    d = madd(v128.load(query + 3 * own + at), v128.load(key + 3 * plane + at), d);
  }
  let sum = addUp(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  for (; at < own; at += 4) {
    sum += f32.load(query + at) * f32.load(key + at);
    sum += f32.load(query + own + at) * f32.load(key + plane + at);
    sum += f32.load(query + 2 * own + at) * f32.load(key + 2 * plane + at);
    sum += f32.load(query + 3 * own + at) * f32.load(key + 3 * plane + at);
  }
  return sum;
}

export function attention(item: i32, args: usize, scratch: usize): void {
  const given = changetype<Attention>(args);
  const queries = given.queries;
  const slots = given.slots;
  const quads = quadsOf(given);
  const row = rowBytes(given);
  const keys = scratch;
  const seen = keys + (<usize>slots << 2);
  const sums = seen + (<usize>slots << 3);
  const position = i32.load(given.position);
  const end = min((item + 1) * given.each, given.sequences * given.heads * queries);
  let listed = -1;
  for (let at = item * given.each; at < end; at++) {
    const n = at / queries;
    const m = at - n * queries;
    if (m !== listed) listKeys(given, position + m, keys);
    listed = m;
    const count = weighKeys(given.from + (<usize>(at * slots) << 2), keys, slots, row, seen);
    let total: f32 = 0;
    for (let index = 0; index < count; index++) total += f32.load(seen + (<usize>index << 3), 4);
    const values = vectorsOf(given, n, given.heads);
    sumValues(values, row * given.length, quads, seen, count, total, sums);
    const target = (n / given.heads) * queries + m;
    const to = (target * given.heads + (n % given.heads)) * given.headSize;
    fromPlanes(sums, <usize>quads << 2, given.result + (<usize>to << 2), given.headSize);
  }
}

/**
 * Of the keys that are seen, one after another: the bytes to their row, and e to the power of the score less the
 * largest. Gives how many there are.
 */
function weighKeys(scores: usize, keys: usize, slots: i32, row: usize, seen: usize): i32 {
  const largest = f32x4.splat(largestInLine(scores, slots)); // what is not seen scores least
  let count = 0;
  for (let slot = 0; slot < slots; slot += 4) {
    const four = v128.load(keys + (<usize>slot << 2));
    if (!v128.any_true(i32x4.ge_s(four, i32x4.splat(0)))) continue;
    const weights = exp4(f32x4.sub(v128.load(scores + (<usize>slot << 2)), largest));
    count = addSeen(i32x4.extract_lane(four, 0), f32x4.extract_lane(weights, 0), row, seen, count);
    count = addSeen(i32x4.extract_lane(four, 1), f32x4.extract_lane(weights, 1), row, seen, count);
    count = addSeen(i32x4.extract_lane(four, 2), f32x4.extract_lane(weights, 2), row, seen, count);
    count = addSeen(i32x4.extract_lane(four, 3), f32x4.extract_lane(weights, 3), row, seen, count);
  }
  return count;
}

// @ts-ignore: decorator
@inline
function addSeen(key: i32, weight: f32, row: usize, seen: usize, count: i32): i32 {
  const to = seen + (<usize>count << 3);
  i32.store(to, key * <i32>row);
  f32.store(to, weight, 4);
  return count + i32(key >= 0); // the next one overwrites what does not count
}

/** Σ weight · value / total, in four planes. */
function sumValues(values: usize, plane: usize, quads: i32, seen: usize, count: i32, total: f32, sums: usize): void {
  const end = seen + (<usize>count << 3);
  for (let lane = 0; lane < 4; lane++) {
    const from = values + <usize>lane * plane;
    const to = sums + (<usize>(lane * quads) << 2);
    let quad = 0;
    for (; quad + 16 <= quads; quad += 16) sumSixteen(from + (<usize>quad << 2), seen, end, total, to + (<usize>quad << 2));
    for (; quad + 4 <= quads; quad += 4) {
      let sum = f32x4.splat(0);
      for (let at = seen; at < end; at += 8) {
        const value = v128.load(from + (<usize>quad << 2) + <usize>i32.load(at));
        sum = madd(v128.load32_splat(at, 4), value, sum);
      }
      v128.store(to + (<usize>quad << 2), f32x4.div(sum, f32x4.splat(total)));
    }
    for (; quad < quads; quad++) {
      let sum: f32 = 0;
      for (let at = seen; at < end; at += 8) sum += f32.load(at, 4) * f32.load(from + (<usize>quad << 2) + <usize>i32.load(at));
      f32.store(to + (<usize>quad << 2), sum / total);
    }
  }
}

// @ts-ignore: decorator
@inline
function sumSixteen(from: usize, seen: usize, end: usize, total: f32, to: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let at = seen; at < end; at += 8) {
    const weight = v128.load32_splat(at, 4);
    const value = from + <usize>i32.load(at);
    a = madd(weight, v128.load(value), a);
    b = madd(weight, v128.load(value, 16), b);
    c = madd(weight, v128.load(value, 32), c);
    d = madd(weight, v128.load(value, 48), d);
  }
  const divisor = f32x4.splat(total);
  v128.store(to, f32x4.div(a, divisor));
  v128.store(to, f32x4.div(b, divisor), 16);
  v128.store(to, f32x4.div(c, divisor), 32);
  v128.store(to, f32x4.div(d, divisor), 48);
}
