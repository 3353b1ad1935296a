/**
 * The masks: against the paper's rules written out by hand on a 4×4 grid, and the lists of keys against the definition.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyOf, sees, slotCount } from './mask.ts';
import type { Mask } from './mask.ts';

const small: Mask = { kind: 'full', text: 2, grid: [4, 4], kernel: 3, edges: 'cut' };

/** The image keys of one image query as a picture: `#` seen, `.` not, `Q` the query itself. */
function draw(mask: Mask, row: number, column: number): string[] {
  const query = mask.text + row * mask.grid[1] + column;
  return Array.from({ length: mask.grid[0] }, (_, r) =>
    Array.from({ length: mask.grid[1] }, (_, c) => {
      const key = mask.text + r * mask.grid[1] + c;
      return key === query ? 'Q' : sees(mask, query, key) ? '#' : '.';
    }).join(''),
  );
}

describe('on a 4×4 grid, by hand', () => {
  test.each<[Partial<Mask>, number, number, string[]]>([
    [{ kind: 'full' }, 1, 2, ['####', '##Q.', '....', '....']],
    [{ kind: 'row' }, 2, 1, ['....', '.###', '#Q..', '....']],
    [{ kind: 'row' }, 0, 2, ['##Q.', '....', '....', '....']],
    [{ kind: 'column' }, 3, 1, ['.#..', '.#..', '.#..', '.Q..']],
    [{ kind: 'axial-row' }, 2, 2, ['....', '....', '##Q.', '....']],
    [{ kind: 'axial-conv', kernel: 2 }, 2, 2, ['....', '.##.', '.#Q.', '....']],
    [{ kind: 'conv' }, 2, 1, ['....', '###.', '#Q..', '....']],
    [{ kind: 'conv' }, 2, 3, ['....', '..##', '..#Q', '....']],
    [{ kind: 'conv', edges: 'clamp' }, 2, 3, ['....', '..##', '..#Q', '....']],
    [{ kind: 'conv', edges: 'wrap' }, 2, 3, ['....', '#.##', '#.#Q', '....']],
    [{ kind: 'conv', edges: 'wrap' }, 3, 0, ['##.#', '....', '##.#', 'Q...']],
  ])('%j from row %i, column %i', (changes, row, column, picture) => {
    expect(draw({ ...small, ...changes }, row, column)).toEqual(picture);
  });

  test('the image sees all of the text, the text only what is before it', () => {
    for (const kind of ['full', 'row', 'column', 'conv', 'axial-row', 'axial-conv'] as const) {
      const mask: Mask = { ...small, kind };
      for (let query = 0; query < 18; query++) {
        expect([0, 1].map((key) => sees(mask, query, key))).toEqual([true, query >= 1]);
      }
      expect(sees(mask, 1, 2)).toBe(false);
    }
  });
});

const masks: fc.Arbitrary<Mask> = fc.record({
  kind: fc.constantFrom<Mask['kind'][]>('full', 'row', 'column', 'conv', 'axial-row', 'axial-conv', 'all'),
  text: fc.integer({ min: 0, max: 7 }),
  grid: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
  kernel: fc.constantFrom(1, 3, 5, 11),
  edges: fc.constantFrom<Mask['edges'][]>('cut', 'clamp', 'wrap'),
});

describe('the keys of a query, slot by slot', () => {
  test('are those it sees, each once', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const length = mask.text + mask.grid[0] * mask.grid[1];
        for (let query = 0; query < length; query++) {
          const listed = Array.from({ length: slotCount(mask, 'all') }, (_, slot) => keyOf(mask, query, slot));
          const wanted = Array.from({ length }, (_, key) => key).filter((key) => sees(mask, query, key));
          expect(listed.filter((key) => key >= 0).sort((a, b) => a - b)).toEqual(wanted);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('of text queries are in the slots of the text', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        for (let query = 0; query < mask.text; query++) {
          for (let slot = mask.text; slot < slotCount(mask, 'all'); slot++) expect(keyOf(mask, query, slot)).toBe(-1);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('of a sparse kind are few: the paper-sized row mask has 256 + 33', () => {
    expect(slotCount({ ...small, kind: 'row', text: 256, grid: [32, 32] }, 'all')).toBe(292); // whole texels
  });
});
