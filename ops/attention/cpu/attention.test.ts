/**
 * Attention on the CPU against its float64 loops, in each build of the kernels: every mask, heads of every size beside
 * a quad and four of them, and queries that stand anywhere in the sequence, of fewer sequences than the cache has.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret } from '../../../engine/index.ts';
import type { Tensor } from '../../../engine/index.ts';
import { expectClose } from '../../../test/helpers/close.ts';
import { cpuVariants, expectSameOnCpu } from '../../../test/helpers/cpu-device.ts';
import { createRandom } from '../../../test/helpers/random.ts';
import { seeds } from '../../../test/helpers/shapes.ts';
import { attention, layRows, run, tensor } from '../../index.ts';
import type { AttentionAttributes, Mask } from '../../index.ts';
import { keyValueForm } from '../attention.ts';
import { allKeys } from '../mask.ts';

const kinds: readonly Exclude<Mask['kind'], 'all'>[] = ['full', 'row', 'column', 'conv', 'axial-row', 'axial-conv'];

const given = fc
  .record({
    sequences: fc.integer({ min: 1, max: 3 }),
    copies: fc.integer({ min: 1, max: 3 }),
    heads: fc.integer({ min: 1, max: 4 }),
    headSize: fc.constantFrom(1, 3, 4, 16, 20, 63, 64, 68, 128),
    mask: fc.record({
      kind: fc.constantFrom(...kinds),
      text: fc.integer({ min: 0, max: 9 }),
      grid: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
      kernel: fc.constantFrom(1, 3, 5, 11),
      edges: fc.constantFrom<Mask['edges'][]>('cut', 'clamp', 'wrap'),
    }),
    start: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    end: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: seeds,
  })
  .map(({ copies, start, end, ...rest }) => {
    const length = rest.mask.text + rest.mask.grid[0] * rest.mask.grid[1];
    const position = Math.floor(start * length);
    const queries = Math.max(1, Math.floor(end * (length - position)));
    return { ...rest, batch: rest.sequences * copies, length, position, queries };
  });

/** An attention, and where its queries stand. */
type Given = Omit<AttentionAttributes, 'reach'> & Readonly<Record<'position' | 'queries' | 'seed', number>>;

/** Queries [S·M, N·D + 1] of a cache that was laid whole. */
function attend({ position, queries, seed, ...form }: Given): Tensor {
  const { batch, sequences, length, heads, headSize } = form;
  const random = createRandom(seed);
  const width = heads * headSize;
  const attributes: AttentionAttributes = { ...form, reach: 'all' };
  const all = tensor(random.gaussians(sequences * length * 3 * width), [sequences * length, 3 * width]);
  const cache = layRows(all, { ...keyValueForm({ batch, length, heads, headSize }), sequences });
  const shape = [sequences * queries, width + 1];
  const rows = tensor(random.gaussians(shape[0]! * shape[1]!), shape);
  return attention(rows, cache, tensor([position], [1], 'i32'), attributes);
}

const crossings = fc
  .record({
    cache: fc.integer({ min: 1, max: 3 }),
    copies: fc.integer({ min: 1, max: 3 }),
    shares: fc.boolean(),
    heads: fc.constantFrom(1, 2, 3, 67),
    headSize: fc.constantFrom(1, 3, 16, 63, 64),
    length: fc.integer({ min: 1, max: 70 }),
    queries: fc.constantFrom(1, 2, 9),
    seed: seeds,
  })
  .map((given) => {
    const random = createRandom(given.seed);
    const held = given.shares ? given.cache : given.cache * given.copies;
    return { ...given, counts: Array.from({ length: held }, () => random.integer(1, given.length)) };
  });

/** Queries of sequences that share the keys of a cache, or of which it has copies. */
type Crossing = Readonly<Record<'cache' | 'copies' | 'heads' | 'headSize' | 'length' | 'queries' | 'seed', number>> & {
  readonly shares: boolean;
  readonly counts: readonly number[];
};

function attendToAll({ cache, copies, shares, counts, queries, length, heads, headSize, seed }: Crossing): Tensor {
  const random = createRandom(seed);
  const width = heads * headSize;
  const sequences = shares ? cache * copies : cache;
  const batch = counts.length;
  const attributes = { sequences, batch, length, heads, headSize, mask: allKeys(length), reach: 'all' } as const;
  const all = tensor(random.gaussians(batch * length * 2 * width), [batch * length, 2 * width]);
  const held = layRows(all, { ...keyValueForm(attributes), first: 0, sequences: batch });
  const rows = tensor(random.gaussians(sequences * queries * width), [sequences * queries, width]);
  return attention(rows, held, tensor(counts, [batch], 'i32'), attributes);
}

/** As in ../attention.test.ts, but that scores of long Gaussian vectors may reach 40. */
const bound = 6 * 40 * 2 ** -20;

describe.each(cpuVariants)('attention on the CPU, $name', ({ open }) => {
  test('keeps its bound for every mask, head and place', async () => {
    const check = async (each: Given): Promise<void> => expectSameOnCpu(open(), attend(each), bound);
    await fc.assert(fc.asyncProperty(given, check), { numRuns: 150, seed: 20261201 });
  });

  test('not causal keeps its bound, of sequences that share keys or have copies', async () => {
    const check = async (each: Crossing): Promise<void> => expectSameOnCpu(open(), attendToAll(each), bound);
    await fc.assert(fc.asyncProperty(crossings, check), { numRuns: 40, seed: 20261201 });
  });

  test.each([0, 8, -1, 2 ** 24])('of a sequence with %i of 7 keys it sees nothing, and says so', async (count) => {
    const given = { cache: 2, copies: 2, shares: true, heads: 2, headSize: 16, length: 7, queries: 1, seed: 3 };
    const actual = await run(open(), attendToAll({ ...given, counts: [3, count] }));
    expect([...actual].map(Number.isNaN)).toEqual([...actual].map((_, at) => at >= actual.length / 2));
  });

  test('of more heads than a thread looks at together', async () => {
    const mask: Mask = { kind: 'row', text: 3, grid: [2, 3], kernel: 3, edges: 'cut' };
    const form = { sequences: 50, batch: 50, heads: 3, headSize: 5, mask, length: 9, queries: 1, seed: 4 };
    await expectSameOnCpu(open(), attend({ ...form, position: 7 }), bound);
  });

  test.each(kinds)('keys that are seen one place further are noticed: %s', async (kind) => {
    const mask: Mask = { kind, text: 3, grid: [4, 5], kernel: 3, edges: 'cut' };
    const form = { sequences: 1, batch: 1, heads: 2, headSize: 16, mask, length: 23, queries: 4, seed: 3 };
    const [expected] = await interpret([attend({ ...form, position: 12 })]);
    const actual = await run(open(), attend({ ...form, position: 13 }));
    expect(() => expectClose(actual, expected!, bound)).toThrow(/out of bounds/);
  });

  test('beyond its cache a query sees nothing, and says so', async () => {
    const mask: Mask = { kind: 'row', text: 3, grid: [4, 5], kernel: 3, edges: 'cut' };
    const form = { sequences: 1, batch: 1, heads: 2, headSize: 16, mask, length: 23, queries: 1, seed: 3 };
    for (const position of [-1, 23, 2 ** 24]) {
      expect([...(await run(open(), attend({ ...form, position })))].every(Number.isNaN)).toBe(true);
    }
  });
});
