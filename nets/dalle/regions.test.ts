/** Which tokens a rectangle or a mask draws again: any whose pixels it touches. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { selectTokens, type Selection } from './regions.ts';

/** A row of text for each row of tokens: `#` is drawn again. */
function draw(selection: Selection, grid: readonly [number, number] = [4, 4]): string[] {
  const tokens = selectTokens(selection, grid, 8);
  return Array.from({ length: grid[0] }, (_, row) =>
    Array.from(tokens.slice(row * grid[1], (row + 1) * grid[1]), (token) => (token ? '#' : '.')).join(''),
  );
}

describe('a selection of 4×4 tokens, by hand', () => {
  test.each<[string, Selection, string[]]>([
    ['the upper half stays', { keep: [{ x: 0, y: 0, width: 1, height: 0.5 }] }, ['....', '....', '####', '####']],
    [
      'two corners stay',
      {
        keep: [
          { x: 0, y: 0, width: 0.5, height: 0.25 },
          { x: 0.75, y: 0.5, width: 0.25, height: 0.5 },
        ],
      },
      ['..##', '####', '###.', '###.'],
    ],
    [
      'a pixel too few of a token stays, so all of it goes',
      { keep: [{ x: 0, y: 0, width: 0.49, height: 1 }] },
      ['.###', '.###', '.###', '.###'],
    ],
    ['the middle', { redraw: [{ x: 0.25, y: 0.25, width: 0.5, height: 0.5 }] }, ['....', '.##.', '.##.', '....']],
    [
      'a corner that touches four',
      { redraw: [{ x: 0.24, y: 0.24, width: 0.02, height: 0.02 }] },
      ['##..', '##..', '....', '....'],
    ],
    [
      'thirds that do not end in whole pixels',
      { redraw: [{ x: 0, y: 2 / 3, width: 1, height: 1 / 3 }] },
      ['....', '....', '####', '####'],
    ],
  ])('%s', (_name, selection, picture) => {
    expect(draw(selection)).toEqual(picture);
  });

  test('one white pixel of a mask draws its token again; grey below 128 does not', () => {
    const mask = new Uint8Array(32 * 32).fill(127);
    mask[9 * 32 + 31] = 255;
    expect(draw({ mask })).toEqual(['....', '...#', '....', '....']);
  });
});

test('what is kept and what is redrawn of the same tokens complete each other', () => {
  const whole = fc.integer({ min: 0, max: 8 });
  fc.assert(
    fc.property(whole, whole, whole, whole, (x, y, right, bottom) => {
      fc.pre(right > x && bottom > y && (right - x) * (bottom - y) < 64);
      const region = { x: x / 8, y: y / 8, width: (right - x) / 8, height: (bottom - y) / 8 };
      const kept = selectTokens({ keep: [region] }, [8, 8], 8);
      const redrawn = selectTokens({ redraw: [region] }, [8, 8], 8);
      expect(kept.every((value, at) => value + redrawn[at]! === 1)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test.each<[string, Selection, RegExp]>([
  ['nothing to draw', { keep: [{ x: 0, y: 0, width: 1, height: 1 }] }, /nothing is left to draw/],
  ['a black mask', { mask: new Uint8Array(32 * 32) }, /nothing is left to draw/],
  ['no rectangle', { keep: [] }, /no rectangle/],
  ['an empty one', { redraw: [{ x: 0, y: 0, width: 0, height: 1 }] }, /larger than nothing/],
  ['one outside', { redraw: [{ x: 0.5, y: 0, width: 0.6, height: 1 }] }, /within 0 … 1/],
  ['one of NaN', { redraw: [{ x: NaN, y: 0, width: 0.6, height: 1 }] }, /within 0 … 1/],
])('refuses %s', (_name, selection, message) => {
  expect(() => draw(selection)).toThrow(message);
  expect(() => draw(selection)).toThrow(expect.objectContaining({ code: 'E_REGION' }));
});

test('refuses a mask of another size', () => {
  expect(() => draw({ mask: new Uint8Array(10) })).toThrow(/32 × 32 pixels, got 10/);
});
