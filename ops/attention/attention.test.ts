/** Attention against its definition: every key the mask shows, one softmax, float64; and what must not change it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { run, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds } from '../../test/helpers/shapes.ts';
import { layRows } from '../cache/cache.ts';
import { attention, keyValueForm } from './attention.ts';
import type { AttentionAttributes } from './attributes.ts';
import { allKeys, sees } from './mask.ts';
import type { Mask } from './mask.ts';

interface Sequence {
  readonly sequences: number;
  readonly heads: number;
  readonly headSize: number;
  readonly mask: Mask;
}

const sequences: fc.Arbitrary<Sequence> = fc.record({
  sequences: fc.integer({ min: 1, max: 2 }),
  heads: fc.integer({ min: 1, max: 3 }),
  headSize: fc.constantFrom(1, 4, 6, 8),
  mask: fc.record({
    kind: fc.constantFrom<Mask['kind'][]>('full', 'row', 'column', 'conv', 'axial-row', 'axial-conv'),
    text: fc.integer({ min: 0, max: 5 }),
    grid: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    kernel: fc.constantFrom(1, 3, 5),
    edges: fc.constantFrom<Mask['edges'][]>('cut', 'clamp', 'wrap'),
  }),
});

const lengthOf = ({ mask: { text, grid } }: Sequence): number => text + grid[0] * grid[1];
const start = tensor([0], [1], 'i32');

/** Attention of whole sequences: rows [S·T, 3·N·D] hold queries, keys and values. */
function attendAll(given: Sequence, rows: Float32Array, reach: 'text' | 'all' = 'all'): Tensor {
  const length = reach === 'all' ? lengthOf(given) : given.mask.text;
  const attributes: AttentionAttributes = { ...given, batch: given.sequences, length, reach };
  const qkv = tensor(rows, [given.sequences * length, 3 * given.heads * given.headSize]);
  const cache = layRows(qkv, { ...keyValueForm(attributes), sequences: given.sequences });
  return attention(qkv, cache, start, attributes);
}

/** The definition. `touch` sees every product of a query with a key. */
function define({ sequences, heads, headSize, mask }: Sequence, rows: Float32Array, length: number): Float64Array {
  const width = heads * headSize;
  const output = new Float64Array(sequences * length * width);
  const at = (sequence: number, position: number, channel: number): number =>
    rows[(sequence * length + position) * 3 * width + channel]!;
  for (let sequence = 0; sequence < sequences; sequence++) {
    for (let head = 0; head < heads; head++) {
      for (let query = 0; query < length; query++) {
        const keys = Array.from({ length }, (_, key) => key).filter((key) => sees(mask, query, key));
        const scores = keys.map((key) => {
          let sum = 0;
          for (let d = head * headSize; d < (head + 1) * headSize; d++) {
            sum += at(sequence, query, d) * at(sequence, key, width + d);
          }
          return Math.exp(sum / Math.sqrt(headSize));
        });
        const total = scores.reduce((a, b) => a + b, 0);
        for (let d = head * headSize; d < (head + 1) * headSize; d++) {
          const sum = keys.reduce((sum, key, i) => sum + scores[i]! * at(sequence, key, 2 * width + d), 0);
          output[(sequence * length + query) * width + d] = sum / total;
        }
      }
    }
  }
  return output;
}

/**
 * Scores of Gaussian vectors stay below 20 here, and an error of a score is one of the exponent: 2⁻²⁰ · 20 of each
 * weight, of values below 6.
 */
const bound = 6 * 20 * 2 ** -20;

/** Queries of `sequences`, and keys of a cache with as many sequences as there are counts. */
interface Crossing {
  readonly sequences: number;
  readonly counts: readonly number[];
  readonly heads: number;
  readonly headSize: number;
  readonly queries: number;
  readonly length: number;
}

const crossings: fc.Arbitrary<Crossing> = fc
  .record({
    cache: fc.integer({ min: 1, max: 2 }),
    copies: fc.integer({ min: 1, max: 2 }),
    shares: fc.boolean(),
    heads: fc.integer({ min: 1, max: 3 }),
    headSize: fc.constantFrom(1, 4, 6, 8),
    queries: fc.constantFrom(1, 2, 5),
    length: fc.integer({ min: 1, max: 9 }),
    parts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
  })
  .map(({ cache, copies, shares, parts, length, ...rest }) => {
    const held = shares ? cache : cache * copies;
    const counts = parts.slice(0, held).map((part) => Math.max(1, Math.ceil(part * length)));
    return { ...rest, length, counts, sequences: shares ? cache * copies : cache };
  });

function drawCrossing({ sequences, counts, heads, headSize, queries, length }: Crossing, seed: number) {
  const random = createRandom(seed);
  return {
    queries: random.gaussians(sequences * queries * heads * headSize),
    keys: random.gaussians(counts.length * length * 2 * heads * headSize),
  };
}

function attendToAll(given: Crossing, queries: Float32Array, keys: Float32Array): Tensor {
  const { counts, heads, headSize, length } = given;
  const width = heads * headSize;
  const attributes: AttentionAttributes = { ...given, batch: counts.length, mask: allKeys(length), reach: 'all' };
  const form = { ...keyValueForm(attributes), first: 0, sequences: counts.length };
  const cache = layRows(tensor(keys, [counts.length * length, 2 * width]), form);
  const rows = tensor(queries, [queries.length / width, width]);
  return attention(rows, cache, tensor(counts, [counts.length], 'i32'), attributes);
}

/** The definition: one softmax over the keys of a row's sequence. */
function defineCrossing(given: Crossing, queries: Float32Array, keys: Float32Array): Float64Array {
  const { sequences, counts, heads, headSize, length } = given;
  const width = heads * headSize;
  return Float64Array.from(queries, (_, index) => {
    const row = Math.floor(index / width);
    const head = Math.floor((index % width) / headSize) * headSize;
    const held = Math.floor((Math.floor(row / given.queries) * counts.length) / sequences);
    const weights = Array.from({ length: counts[held]! }, (_, key) => {
      const at = (held * length + key) * 2 * width + head;
      let sum = 0;
      for (let d = 0; d < headSize; d++) sum += queries[row * width + head + d]! * keys[at + d]!;
      return Math.exp(sum / Math.sqrt(headSize));
    });
    const total = weights.reduce((a, b) => a + b, 0);
    const value = (key: number): number => keys[(held * length + key) * 2 * width + width + (index % width)]!;
    return weights.reduce((sum, weight, key) => sum + weight * value(key), 0) / total;
  });
}

describe('attention', () => {
  test('equals its definition for every mask, any head size and several sequences', async () => {
    await checkOnEveryVariant(fc.record({ given: sequences, seed: seeds }), async (device, { given, seed }) => {
      const length = lengthOf(given);
      const rows = createRandom(seed).gaussians(given.sequences * length * 3 * given.heads * given.headSize);
      const actual = await run(device, attendAll(given, rows), { rules: [] });
      expectClose(actual, define(given, rows, length), bound);
    });
  });

  test('of a text alone is that of the text before an image', async () => {
    const device = await openTestDevice();
    const given: Sequence = {
      sequences: 2,
      heads: 2,
      headSize: 4,
      mask: { kind: 'row', text: 5, grid: [2, 3], kernel: 1, edges: 'cut' },
    };
    const rows = createRandom(5).gaussians(2 * 5 * 3 * 8);
    expectClose(await run(device, attendAll(given, rows, 'text'), { rules: [] }), define(given, rows, 5), bound);
  });

  const given: Sequence = {
    sequences: 1,
    heads: 3,
    headSize: 8,
    mask: { kind: 'conv', text: 3, grid: [4, 4], kernel: 3, edges: 'cut' },
  };
  const width = 24;

  test('a key that is masked out never changes a bit, whatever it holds', async () => {
    const device = await openTestDevice();
    const rows = createRandom(6).gaussians(19 * 3 * width);
    const before = await run(device, attendAll(given, rows), { rules: [] });
    const spoilt = 3 + 5;
    const changed = rows.slice();
    for (let channel = width; channel < 3 * width; channel++)
      changed[spoilt * 3 * width + channel] = channel % 2 ? NaN : Infinity;
    const after = await run(device, attendAll(given, changed), { rules: [] });
    for (let query = 0; query < 19; query++) {
      const same = [before, after].map((result) => Array.from(result.slice(query * width, (query + 1) * width)));
      if (sees(given.mask, query, spoilt)) expect(same[1]!.every(Number.isNaN)).toBe(true);
      else expect(same[1]).toEqual(same[0]);
    }
  });

  test('heads that change places take their results with them, bit for bit', async () => {
    const device = await openTestDevice();
    const rows = createRandom(7).gaussians(19 * 3 * width);
    const order = [2, 0, 1];
    const permuted = rows.map((_, index) => {
      const channel = index % width;
      return rows[index - channel + order[Math.floor(channel / 8)]! * 8 + (channel % 8)]!;
    });
    const plain = await run(device, attendAll(given, rows), { rules: [] });
    const moved = await run(device, attendAll(given, permuted), { rules: [] });
    const expected = moved.map((_, index) => {
      const channel = index % width;
      return plain[index - channel + order[Math.floor(channel / 8)]! * 8 + (channel % 8)]!;
    });
    expect(Array.from(moved)).toEqual(Array.from(expected));
  });

  test('scores of a hundred do not overflow', async () => {
    const device = await openTestDevice();
    const rows = createRandom(8)
      .gaussians(19 * 3 * width)
      .map((value, index) => (index % (3 * width) < 2 * width ? 9 * value : value));
    const actual = await run(device, attendAll(given, rows), { rules: [] });
    expectClose(actual, define(given, rows, 19), 400 * 6 * 2 ** -20);
  });

  test('not causal, of sequences that share keys or have copies, sees as many as each has', async () => {
    await checkOnEveryVariant(fc.record({ given: crossings, seed: seeds }), async (device, { given, seed }) => {
      const { queries, keys } = drawCrossing(given, seed);
      const actual = await run(device, attendToAll(given, queries, keys), { rules: [] });
      expectClose(actual, defineCrossing(given, queries, keys), bound);
    });
  });

  test('a pad never changes a bit, whatever it holds', async () => {
    const device = await openTestDevice();
    const given: Crossing = { sequences: 2, counts: [3, 5], heads: 2, headSize: 4, queries: 3, length: 5 };
    const { queries, keys } = drawCrossing(given, 9);
    const spoilt = keys.slice().fill(NaN, 3 * 16, 5 * 16);
    const [before, after] = [keys, spoilt].map((each) => run(device, attendToAll(given, queries, each), { rules: [] }));
    expect(Array.from((await after) as Float32Array)).toEqual(Array.from((await before) as Float32Array));
  });

  test('refuses rows, caches and masks that do not fit', () => {
    const attributes: AttentionAttributes = { ...given, batch: 1, length: 19, reach: 'all' };
    const rows = tensor(new Float32Array(19 * 3 * width), [19, 3 * width]);
    const cache = layRows(rows, { ...keyValueForm(attributes), sequences: 1 });
    expect(() => attention(rows, rows, start, attributes)).toThrow(/the cache must be \[1, 4, 19, 12\]/);
    expect(() => attention(tensor([1], [1]), cache, start, attributes)).toThrow(/rows must be \[S·M, C\]/);
    expect(() => attention(rows, cache, tensor([0, 0], [2], 'i32'), attributes)).toThrow(/position must be i32 \[1\]/);
    expect(() => attention(rows, cache, tensor([0], [1]), attributes)).toThrow(/position must be i32 \[1\], got f32/);
    const all = { ...attributes, mask: allKeys(19) };
    expect(() => attention(rows, cache, tensor([19, 19], [2], 'i32'), all)).toThrow(
      /the keys of each sequence must be i32 \[1\], got i32 \[2\]/,
    );
    const mask = { ...given.mask, kernel: 2 };
    expect(() => attention(rows, cache, start, { ...attributes, mask })).toThrow(/odd for conv, got 2/);
    expect(() => attention(rows, cache, start, { ...attributes, mask: { ...given.mask, grid: [0, 4] } })).toThrow(
      /rows × columns/,
    );
  });
});
