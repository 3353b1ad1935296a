/**
 * The comparison every numeric test ends in: each element of a result against its float64 expectation, within a bound.
 * After the tensor checker of llm.c: a failure shows the worst elements side by side, which usually names the bug
 * (a border, a last channel, a factor) before anyone opens a debugger.
 *
 * NaN passes nowhere, not even against NaN; an infinity passes only against the same infinity.
 */

/** How far apart an element may be: the same everywhere, one an element, or computed from the index. */
export type Bound = number | ArrayLike<number> | ((index: number) => number);

interface CloseOptions {
  /** Says in a failure what was compared; put the seed here. */
  readonly label?: string;
  /** Lets a failure print coordinates instead of a flat index. */
  readonly shape?: readonly number[];
}

/** What a comparison found. `worst` is ordered by error divided by bound, the worst first, at most five. */
export interface Comparison {
  readonly maxError: number;
  /** Largest error in units of its bound: above 1 is a failure. */
  readonly maxRatio: number;
  readonly failures: number;
  readonly worst: readonly ComparedElement[];
}

interface ComparedElement {
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
  readonly error: number;
  readonly bound: number;
  readonly ratio: number;
}

const WORST_SHOWN = 5;

/**
 * Compares without judging.
 *
 * @throws RangeError when the lengths differ, or a bound is negative or NaN: a test that cannot fail is a broken test
 */
export function compareArrays(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: Bound,
  label = 'result',
): Comparison {
  if (actual.length !== expected.length) {
    throw new RangeError(`${label} has ${actual.length} elements, expected ${expected.length}.`);
  }
  const boundAt = readBound(bound, expected.length);
  let maxError = 0;
  let maxRatio = 0;
  let failures = 0;
  let worst: ComparedElement[] = [];
  for (let index = 0; index < expected.length; index++) {
    const element = compareElement(index, actual[index]!, expected[index]!, boundAt(index));
    maxError = Math.max(maxError, element.error);
    maxRatio = Math.max(maxRatio, element.ratio);
    if (element.ratio > 1) failures++;
    if (worst.length < WORST_SHOWN || element.ratio > worst.at(-1)!.ratio) {
      worst = [...worst, element].sort((a, b) => b.ratio - a.ratio).slice(0, WORST_SHOWN);
    }
  }
  return { maxError, maxRatio, failures, worst };
}

/**
 * Fails, with a table of the worst elements, unless every |actual - expected| is at most its bound.
 *
 * @param actual what the code under test computed
 * @param expected the float64 oracle's result, as many elements
 * @returns the comparison, for tests that report how close they came
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: Bound,
  options: CloseOptions = {},
): Comparison {
  const { label = 'result', shape } = options;
  const comparison = compareArrays(actual, expected, bound, label);
  if (comparison.failures > 0) throw new Error(describeFailure(comparison, label, expected.length, shape));
  return comparison;
}

function readBound(bound: Bound, length: number): (index: number) => number {
  if (typeof bound === 'number') return () => bound;
  if (typeof bound === 'function') return bound;
  if (bound.length !== length) throw new RangeError(`There are ${bound.length} bounds for ${length} elements.`);
  return (index) => bound[index]!;
}

function compareElement(index: number, actual: number, expected: number, bound: number): ComparedElement {
  if (!(bound >= 0)) throw new RangeError(`The bound of element ${index} is ${bound}; it must be at least 0.`);
  const difference = actual === expected ? 0 : Math.abs(actual - expected);
  // Infinite differences fail even an infinite bound; NaN would compare as false and must not slip through.
  const error = Number.isFinite(difference) ? difference : Infinity;
  const ratio = error === 0 ? 0 : error === Infinity ? Infinity : error / bound;
  return { index, actual, expected, error, bound, ratio };
}

function describeFailure(comparison: Comparison, label: string, length: number, shape?: readonly number[]): string {
  const header = ['index', 'actual', 'expected', 'error', 'bound', 'error/bound'];
  const rows = comparison.worst.map(({ index, actual, expected, error, bound, ratio }) => [
    shape === undefined ? String(index) : `[${coordinates(index, shape).join(', ')}]`,
    actual.toPrecision(9),
    expected.toPrecision(9),
    error.toExponential(2),
    bound.toExponential(2),
    ratio.toPrecision(3),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const table = [header, ...rows].map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join('  '));
  const summary = `${comparison.failures} of ${length} elements are out of bounds, largest error ${comparison.maxError.toExponential(3)}`;
  return `${label}: ${summary}\n${table.join('\n')}`;
}

/** Row-major coordinates of a flat index. */
function coordinates(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const coordinate = rest % size;
      rest = (rest - coordinate) / size;
      return coordinate;
    })
    .toReversed();
}
