/** Where values lie: two that live at once never share memory, and what a net needs is near its widest point. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { add, concat, mul, relu, reshape, slice } from '../../ops/index.ts';
import { placeholder, makePlan } from '../index.ts';
import type { Tensor } from '../index.ts';
import { placeValues } from './places.ts';

/** A graph in which values are read late and early, and more than once. */
function growGraph(choices: readonly (readonly [number, number, number])[]): Tensor[] {
  const made: Tensor[] = [placeholder('x', { shape: [4, 6], dtype: 'f32' })];
  for (const [op, first, second] of choices) {
    const [a, b] = [made[first % made.length]!, made[second % made.length]!];
    const whole = [
      () => add(a, b),
      () => mul(a, b),
      () => relu(a),
      () => reshape(reshape(a, [6, 4]), [4, 6]),
      () => slice(concat([a, b], 0), [2, 0], [4, 6]),
    ];
    made.push(whole[op % whole.length]!());
  }
  return [made.at(-1)!, made[made.length >> 1]!];
}

test('values that live at the same time do not overlap', () => {
  const choices = fc.array(fc.tuple(fc.nat(4), fc.nat(40), fc.nat(40)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(choices, (given) => {
      const plan = makePlan(growGraph(given), []);
      const { places, peakBytes } = placeValues(plan);
      const live = new Set(plan.values.flatMap(({ kind }, index) => (kind === 'input' ? [index] : [])));
      for (const { op, inputs, output, dying } of plan.steps) {
        const place = places[output]!;
        expect(place.offset! + place.bytes).toBeLessThanOrEqual(peakBytes);
        for (const index of live) {
          const other = places[index]!;
          const isApart = place.offset! >= other.offset! + other.bytes || other.offset! >= place.offset! + place.bytes;
          // Only what is the same numbers seen otherwise may lie in the same place.
          const isSame = op.kernels?.cpu?.alias === true && other.offset === places[inputs[0]!]!.offset;
          expect(isApart || isSame).toBe(true);
        }
        live.add(output);
        dying.forEach((index) => live.delete(index));
      }
    }),
    { seed: 20261130 },
  );
});

test('a chain takes the memory of two values, however long it is', () => {
  const x = placeholder('x', { shape: [1000], dtype: 'f32' });
  let last: Tensor = x;
  for (let i = 0; i < 20; i++) last = relu(last);
  expect(placeValues(makePlan([last], [])).peakBytes).toBeLessThan(2 * 4200);
});
