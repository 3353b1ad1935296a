/**
 * Attention over a cache: the products of queries with the keys that they see, and the softmax of those times values.
 * A vector of a cache lies in four planes (ops/cpu/planes.wasm.ts), so a query is laid in four planes too.
 */
import { addUp, largestInLine } from '../../cpu/lines.wasm';
import { fromPlanes, toPlanes } from '../../cpu/planes.wasm';
import { madd } from '../../cpu/tile.wasm';
import { exp4 } from '../../elementwise/cpu/functions.wasm';
import { ALL, Attention, listKeys, placeQuery, quadsOf, rowBytes, rowOfCache } from './keys.wasm';

/** Heads that a thread looks at together: their keys at a position lie side by side, and come from far memory once. */
const MOST_TOGETHER = 64;

/** Where the vectors of a sequence and a head begin in the row of position 0; values follow the keys of all heads. */
function vectorsOf(given: Attention, n: i32, first: i32): usize {
  const vector = rowOfCache(given, n) * 2 * given.heads + first + (n % given.heads);
  return given.cache + (<usize>(vector * quadsOf(given)) << 2);
}

/**
 * How many heads from n on are looked at together: those of one query that see the same keys, else one at a time, so
 * that the keys of a head serve all queries while they are near.
 */
// @ts-ignore: decorator
@inline
function countTogether(given: Attention, n: i32, left: i32): i32 {
  if (given.queries !== 1) return 1;
  const alike = given.kind === ALL ? given.heads - (n % given.heads) : MOST_TOGETHER;
  return min(left, min(alike, MOST_TOGETHER));
}

export function attentionScores(item: i32, args: usize, scratch: usize): void {
  const given = changetype<Attention>(args);
  const slots = given.slots;
  const quads = quadsOf(given);
  const keys = scratch;
  const vectors = keys + (<usize>slots << 2);
  const query = vectors + (<usize>MOST_TOGETHER << 2);
  const end = min((item + 1) * given.each, given.sequences * given.heads * given.queries);
  const start = item * given.each;
  let listed = 0;
  let together = 1;
  for (let at = start; at < end; at += together) {
    const first = at / given.queries;
    const m = at - first * given.queries;
    together = countTogether(given, first, end - at);
    const place = placeQuery(given, first, m);
    if (at === start || place !== listed) listKeys(given, place, keys);
    listed = place;
    for (let index = 0; index < together; index++) {
      const n = first + index;
      const source = (n / given.heads) * given.queries + m;
      const from = given.from + (<usize>(source * given.channels + (n % given.heads) * given.headSize) << 2);
      toPlanes(from, query + (<usize>(index * quads) << 4), <usize>quads << 2, given.headSize);
      store<usize>(vectors + (<usize>index << 2), vectorsOf(given, n, 0));
    }
    scoreKeys(given, keys, vectors, query, together, given.result + (<usize>(at * slots) << 2));
  }
}

/** The scores of all slots, key by key. */
function scoreKeys(given: Attention, keys: usize, vectors: usize, query: usize, together: i32, result: usize): void {
  const slots = given.slots;
  const quads = quadsOf(given);
  const row = rowBytes(given);
  const plane = row * given.length;
  for (let slot = 0; slot < slots; slot++) {
    const key = i32.load(keys + (<usize>slot << 2));
    const offset = <usize>key * row;
    let to = result + (<usize>slot << 2);
    for (let index = 0; index < together; index++) {
      let score: f32 = -3e38; // UNSEEN of ../attributes.ts
      if (key >= 0) {
        const vector = load<usize>(vectors + (<usize>index << 2)) + offset;
        score = multiplyVectors(query + (<usize>(index * quads) << 4), vector, plane, quads) * given.scale;
      }
      f32.store(to, score);
      to += <usize>slots << 2;
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
  const slots = given.slots;
  const quads = quadsOf(given);
  const row = rowBytes(given);
  const keys = scratch;
  const offsets = keys + (<usize>slots << 2);
  const weights = offsets + (<usize>slots << 2);
  const sums = weights + (<usize>slots << 2);
  const end = min((item + 1) * given.each, given.sequences * given.heads * given.queries);
  const start = item * given.each;
  let listed = 0;
  let seen = 0;
  for (let at = start; at < end; at++) {
    const n = at / given.queries;
    const m = at - n * given.queries;
    const place = placeQuery(given, n, m);
    if (at === start || place !== listed) {
      listKeys(given, place, keys);
      seen = listOffsets(keys, slots, row, offsets);
    }
    listed = place;
    const total = weighKeys(given.from + (<usize>(at * slots) << 2), keys, slots, weights);
    sumValues(vectorsOf(given, n, given.heads), row * given.length, quads, offsets, weights, seen, total, sums);
    const target = (n / given.heads) * given.queries + m;
    const to = (target * given.heads + (n % given.heads)) * given.headSize;
    fromPlanes(sums, <usize>quads << 2, given.result + (<usize>to << 2), given.headSize);
  }
}

/** The bytes to the rows of the keys that are seen, one after another. Gives how many there are. */
function listOffsets(keys: usize, slots: i32, row: usize, offsets: usize): i32 {
  let count = 0;
  for (let slot = 0; slot < slots; slot++) {
    const key = i32.load(keys + (<usize>slot << 2));
    store<usize>(offsets + (<usize>count << 2), <usize>key * row); // the next one overwrites what does not count
    count += i32(key >= 0);
  }
  return count;
}

/** e to the power of the scores less the largest, of the keys that are seen, one after another. Gives their sum. */
function weighKeys(scores: usize, keys: usize, slots: i32, weights: usize): f32 {
  const largest = f32x4.splat(largestInLine(scores, slots)); // what is not seen scores least
  let count = 0;
  let totals = f32x4.splat(0);
  for (let slot = 0; slot < slots; slot += 4) {
    const isSeen = i32x4.ge_s(v128.load(keys + (<usize>slot << 2)), i32x4.splat(0));
    if (!v128.any_true(isSeen)) continue;
    const powers = v128.and(exp4(f32x4.sub(v128.load(scores + (<usize>slot << 2)), largest)), isSeen);
    totals = f32x4.add(totals, powers);
    const to = weights + (<usize>count << 2);
    if (i32x4.all_true(isSeen)) {
      v128.store(to, powers);
      count += 4;
    } else count += storeSeen(to, powers, i32x4.bitmask(isSeen));
  }
  return addUp(totals);
}

/** Stores those of four numbers whose bits are set, and gives how many they are. */
function storeSeen(to: usize, numbers: v128, seen: i32): i32 {
  const start = to;
  f32.store(to, f32x4.extract_lane(numbers, 0));
  to += (seen & 1) << 2;
  f32.store(to, f32x4.extract_lane(numbers, 1));
  to += ((seen >> 1) & 1) << 2;
  f32.store(to, f32x4.extract_lane(numbers, 2));
  to += ((seen >> 2) & 1) << 2;
  f32.store(to, f32x4.extract_lane(numbers, 3));
  to += ((seen >> 3) & 1) << 2;
  return <i32>(to - start) >> 2;
}

/** Σ weight · value / total, in four planes. */
function sumValues(
  values: usize,
  plane: usize,
  quads: i32,
  offsets: usize,
  weights: usize,
  count: i32,
  total: f32,
  sums: usize,
): void {
  const end = <usize>count << 2;
  for (let lane = 0; lane < 4; lane++) {
    const from = values + <usize>lane * plane;
    const to = sums + (<usize>(lane * quads) << 2);
    let quad = 0;
    for (; quad + 16 <= quads; quad += 16) {
      sumSixteen(from + (<usize>quad << 2), offsets, weights, end, total, to + (<usize>quad << 2));
    }
    for (; quad + 4 <= quads; quad += 4) {
      let sum = f32x4.splat(0);
      const start = from + (<usize>quad << 2);
      for (let at: usize = 0; at < end; at += 4) {
        sum = madd(v128.load32_splat(weights + at), v128.load(start + load<usize>(offsets + at)), sum);
      }
      v128.store(to + (<usize>quad << 2), f32x4.div(sum, f32x4.splat(total)));
    }
    for (; quad < quads; quad++) {
      let sum: f32 = 0;
      const start = from + (<usize>quad << 2);
      for (let at: usize = 0; at < end; at += 4) {
        sum += f32.load(weights + at) * f32.load(start + load<usize>(offsets + at));
      }
      f32.store(to + (<usize>quad << 2), sum / total);
    }
  }
}

// @ts-ignore: decorator
@inline
function sumSixteen(from: usize, offsets: usize, weights: usize, end: usize, total: f32, to: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (let at: usize = 0; at < end; at += 4) {
    const weight = v128.load32_splat(weights + at);
    const value = from + load<usize>(offsets + at);
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
