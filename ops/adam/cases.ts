/** Calls of AdamW's three updates, with a gradient that is finite and with one that is not, and of clipScale. */
import { gaussians, weights } from '../../test/helpers/op-case.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import { tensor } from '../index.ts';
import { clipScale, stepWeights, updateFirstMoment, updateSecondMoment } from './adam.ts';

const shape = [5, 13] as const;
const squared = (): ReturnType<typeof tensor> =>
  tensor(
    Float32Array.from({ length: 65 }, (_, i) => (i % 9) ** 2),
    shape,
  );
const [clipped, whole, stays] = [0.37, 1, -1].map((scale) => tensor([scale], [1]));

/** A few roundings in a row of numbers below 64. */
const bound = (expected: number): number => 2 ** -21 * (1 + Math.abs(expected));

function step(scale: ReturnType<typeof tensor>): OpCase {
  const operands = {
    p: gaussians(shape),
    m: gaussians(shape),
    v: squared(),
    decays: tensor([1, 0, 1, 1, 0], [5, 1]),
    rate: tensor([0.01], [1]),
    first: tensor([1.25], [1]),
    second: tensor([2.5], [1]),
    scale,
  };
  return { result: stepWeights(operands, { epsilon: 1e-3, decay: 0.1 }), bound };
}

export const cases: OpCases = {
  clipScale: [4, 1e6, 0, Infinity, NaN].map((squares) => ({
    title: `of ${squares}`,
    result: clipScale(tensor([squares], [1]), 4),
    bound,
  })),
  firstMoment: [clipped!, stays!].map((scale, index) => ({
    title: index === 0 ? 'clipped' : 'of no finite gradient',
    result: updateFirstMoment(weights(shape), gaussians(shape), scale, 0.9),
    bound,
  })),
  secondMoment: [clipped!, stays!].map((scale, index) => ({
    title: index === 0 ? 'clipped' : 'of no finite gradient',
    result: updateSecondMoment(weights(shape), gaussians(shape), scale, 0.9),
    bound,
  })),
  adamStep: [
    { title: 'finite', ...step(whole!) },
    { title: 'not finite', ...step(stays!) },
  ],
};
