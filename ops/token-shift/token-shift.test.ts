/**
 * tokenShift: by hand, against the reference on every variant, and in a cache that grows as against a whole sequence.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, referenceDevice, run, tensor } from '../../engine/index.ts';
import type { Device, Tensor } from '../../engine/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { expectIdenticalToReference, expectNumbers } from '../../test/helpers/identical.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds } from '../../test/helpers/shapes.ts';
import { appendRows, createCache, layRows } from '../cache/cache.ts';
import { rowsForm, tokenShift } from './token-shift.ts';
import type { TokenShiftAttributes } from './attributes.ts';

const at = (position: number): Tensor => tensor([position], [1], 'i32');

/** A whole sequence of rows [S·T, D], shifted. */
function shiftAll(x: Tensor, attributes: TokenShiftAttributes): Tensor {
  const cache = layRows(x, { ...rowsForm(attributes), sequences: attributes.sequences });
  return tokenShift(cache, at(0), attributes);
}

const cases: fc.Arbitrary<TokenShiftAttributes & { seed: number }> = fc
  .record({
    sequences: fc.integer({ min: 1, max: 3 }),
    text: fc.integer({ min: 0, max: 5 }),
    rows: fc.integer({ min: 0, max: 4 }),
    columns: fc.integer({ min: 1, max: 5 }),
    size: fc.constantFrom(1, 3, 4, 6, 8, 12, 16),
    seed: seeds,
  })
  .filter(({ text, rows }) => text + rows > 0)
  .map(({ rows, ...rest }) => {
    const length = rest.text + rows * rest.columns;
    return { ...rest, length, count: length, batch: rest.sequences };
  });

describe('tokenShift', () => {
  test('by hand: two text positions and a picture of 2 × 2', async () => {
    const attributes = { sequences: 1, batch: 1, count: 6, length: 6, size: 4, text: 2, columns: 2 };
    const x = tensor(
      Array.from({ length: 24 }, (_, index) => 10 * Math.floor(index / 4) + (index % 4) + 1),
      [6, 4],
    );
    const expected = [
      [0, 0, 3, 4],
      [1, 2, 13, 14],
      [0, 0, 23, 24], // above and left of the picture is nothing, not the text
      [0, 22, 33, 34],
      [21, 0, 43, 44],
      [31, 42, 53, 54],
    ];
    for (const device of [referenceDevice, await openTestDevice()]) {
      await expectNumbers(device, shiftAll(x, attributes), expected.flat());
    }
  });

  test('moves numbers as the reference does, any of them', async () => {
    await checkOnEveryVariant(cases, async (device, { seed, ...attributes }) => {
      const { sequences, length, size } = attributes;
      const x = tensor(createRandom(seed).gaussians(sequences * length * size), [sequences * length, size]);
      await expectIdenticalToReference(device, shiftAll(x, attributes));
    });
  });

  test('row by row from a cache, for more candidates than texts, it is that of the whole', async () => {
    const whole = { sequences: 2, batch: 2, count: 8, length: 8, size: 6, text: 2, columns: 3 };
    const x = createRandom(4).gaussians(2 * 8 * 6);
    const expected = await run(referenceDevice, shiftAll(tensor(x, [16, 6]), whole), { rules: [] });
    for (const device of [referenceDevice, await openTestDevice()]) {
      const grown = await shiftStepwise(device, x, { ...whole, batch: 4 });
      // [position][candidate]: candidates 0 and 1 are of the first sequence.
      grown.forEach((row, position) => {
        const rows = [0, 0, 1, 1].map((sequence) => (sequence * 8 + position) * 6);
        expect(row).toEqual(rows.flatMap((start) => [...expected.slice(start, start + 6)]));
      });
    }
  });

  test('refuses a cache of another form', () => {
    const attributes = { sequences: 2, batch: 2, count: 1, length: 3, size: 4, text: 1, columns: 2 };
    const cache = tensor(new Float32Array(24), [1, 4, 3, 2]);
    expect(tokenShift(cache, at(0), attributes).shape).toEqual([2, 4]);
    expect(() => tokenShift(cache, tensor([0], [1]), attributes)).toThrow(/position must be i32/);
    expect(() => tokenShift(cache, at(0), { ...attributes, size: 5 })).toThrow(/wanted a cache \[1, 4, 3, 4\]/);
    expect(() => tokenShift(cache, at(0), { ...attributes, sequences: 3 })).toThrow(/multiple of 3 sequences/);
  });
});

/** The same rows one position a run, the text's once for all candidates of a sequence: [T][B · D]. */
async function shiftStepwise(
  device: Device,
  x: Float32Array,
  attributes: TokenShiftAttributes,
): Promise<readonly number[][]> {
  const { sequences, batch, length, size, text } = attributes;
  const cache = createCache('rows', rowsForm(attributes));
  const planFor = (rows: number): ReturnType<typeof compileStep> => compileStep(device, cache, attributes, rows);
  const [prompt, step] = [planFor(sequences), planFor(batch)];
  const results: number[][] = [];
  for (let position = 0; position < length; position++) {
    const rows = position < text ? sequences : batch;
    const fed = Array.from({ length: rows }, (_, b) => {
      const start = (Math.floor((b * sequences) / rows) * length + position) * size;
      return [...x.subarray(start, start + size)];
    });
    const shifted = await (position < text ? prompt : step).run({ x: fed.flat(), position: [position] });
    const copies = Array.from({ length: batch }, (_, b) => Math.floor((b * rows) / batch) * size);
    results.push(copies.flatMap((start) => [...shifted.slice(start, start + size)]));
  }
  for (const plan of [prompt, step]) plan.dispose();
  cache.dispose();
  return results;
}

function compileStep(
  device: Device,
  cache: ReturnType<typeof createCache>,
  attributes: TokenShiftAttributes,
  sequences: number,
) {
  return compile(
    device,
    ({ x, position }) => {
      const grown = appendRows(cache, x, position, { ...rowsForm(attributes), sequences });
      return tokenShift(grown, position, { ...attributes, sequences, count: 1 });
    },
    { x: [sequences, attributes.size], position: { shape: [1], dtype: 'i32' } },
    { rules: [] },
  );
}
