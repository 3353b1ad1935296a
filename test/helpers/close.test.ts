/** The comparison must fail when it should: each test plants one fault in an otherwise perfect result. */
import { describe, expect, it } from 'vitest';
import { compareArrays, expectClose } from './close.ts';
import { createRandom } from './random.ts';

describe('expectClose', () => {
  const expected = Float64Array.from(createRandom(1).gaussians(60));
  const withFault = (index: number, value: number): Float64Array => {
    const copy = expected.slice();
    copy[index] = value;
    return copy;
  };

  it('accepts equal arrays even with a bound of zero, and says how close they are', () => {
    expect(expectClose(expected, expected, 0)).toMatchObject({ maxError: 0, maxRatio: 0, failures: 0 });
    const shifted = expected.map((value) => value + 0.25);
    expect(expectClose(shifted, expected, 0.5).maxRatio).toBeCloseTo(0.5, 12);
  });

  it('finds one planted difference wherever it is', () => {
    for (let index = 0; index < expected.length; index++) {
      const faulty = withFault(index, expected[index]! + 2e-3);
      expect(() => expectClose(faulty, expected, 1e-3)).toThrow(`1 of 60 elements`);
      expect(compareArrays(faulty, expected, 1e-3).worst[0]!.index).toBe(index);
    }
  });

  it.each([NaN, Infinity, -Infinity])('never accepts %f for a finite number, whatever the bound', (value) => {
    for (const index of [0, 31, 59]) {
      expect(() => expectClose(withFault(index, value), expected, Infinity)).toThrow('1 of 60');
      expect(() => expectClose(expected, withFault(index, value), Infinity)).toThrow('1 of 60');
    }
  });

  it('accepts an infinity only for the same infinity, and NaN not even for NaN', () => {
    expectClose([Infinity, -Infinity], [Infinity, -Infinity], 0);
    expect(() => expectClose([Infinity], [-Infinity], Infinity)).toThrow();
    expect(() => expectClose([NaN], [NaN], Infinity)).toThrow();
  });

  it('takes a bound an element, as an array or as a function', () => {
    const shifted = expected.map((value) => value + 0.5);
    const bounds = expected.map((_, index) => (index === 7 ? 0.1 : 1));
    expect(() => expectClose(shifted, expected, bounds)).toThrow('1 of 60');
    expect(() => expectClose(shifted, expected, (index) => bounds[index]!)).toThrow('1 of 60');
  });

  it('shows the five worst with coordinates, the worst first', () => {
    const faulty = expected.map((value, index) => value + index * 1e-3);
    const compare = (): unknown => expectClose(faulty, expected, 1e-4, { label: 'corner', shape: [3, 4, 5] });
    expect(compare).toThrow(/^corner: 59 of 60 .*\n +index .*\n *\[2, 3, 4\] .*\n *\[2, 3, 3\] /);
    expect(compareArrays(faulty, expected, 1e-4).worst.map(({ index }) => index)).toEqual([59, 58, 57, 56, 55]);
  });

  it('refuses comparisons that could not fail', () => {
    expect(() => expectClose([1, 2], [1], 1)).toThrow(RangeError);
    expect(() => expectClose([1], [1], NaN)).toThrow(RangeError);
    expect(() => expectClose([1], [1], -1)).toThrow(RangeError);
    expect(() => expectClose([1, 2], [1, 2], [1])).toThrow(RangeError);
  });
});
