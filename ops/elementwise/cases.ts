/** Calls of the ops that act on every element by itself. */
import type { Tensor } from '../../engine/index.ts';
import {
  PICTURE,
  argumentsWithin,
  functionCase,
  gaussians,
  quotientBound,
  weights,
  whole,
} from '../../test/helpers/op-case.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import { add, clamp, div, erf, exp, gelu, geluTanh, log, mul, quickGelu } from '../index.ts';
import { geluByX, geluTanhByX, selectPositive, selectWithin, siluByX } from './derivatives.ts';
import { relu, scaleAdd, sigmoid, silu, sub, tanh } from '../index.ts';

/** Divisors of every size. */
function divideGaussians(): Tensor {
  const divisors = argumentsWithin({ from: 2 ** -60, to: 2 ** 60 });
  return div(gaussians(divisors.shape), divisors);
}

/** What goes back through a function whose derivative is about 1 at most: a few roundings of that, and its own. */
function passBack(derive: (cotangent: Tensor, x: Tensor) => Tensor): OpCase {
  const x = argumentsWithin({ from: -90, to: 90 });
  return { result: derive(gaussians(x.shape), x), bound: (expected) => 2 ** -20 * (Math.abs(expected) + 4) };
}

export const cases: OpCases = {
  add: [{ result: add(whole(PICTURE), whole([5, 1, 1])) }],
  clamp: [{ result: clamp(whole(PICTURE), -1001, 3001) }],
  div: [{ result: divideGaussians(), bound: quotientBound }],
  erf: [functionCase('erf', erf)],
  exp: [functionCase('exp', exp)],
  gelu: [functionCase('gelu', gelu)],
  geluByX: [passBack(geluByX)],
  geluTanh: [functionCase('geluTanh', geluTanh)],
  geluTanhByX: [passBack(geluTanhByX)],
  log: [functionCase('log', log)],
  mul: [{ result: mul(whole(PICTURE), whole([13])) }],
  quickGelu: [functionCase('quickGelu', quickGelu)],
  relu: [{ result: relu(whole(PICTURE)) }],
  scaleAdd: [{ result: scaleAdd(whole(PICTURE), whole(PICTURE), 0.25) }],
  selectPositive: [{ result: selectPositive(whole(PICTURE), weights(PICTURE)) }],
  selectWithin: [{ result: selectWithin(whole(PICTURE), weights(PICTURE), { low: -3, high: 5 }) }],
  sigmoid: [functionCase('sigmoid', sigmoid)],
  silu: [functionCase('silu', silu)],
  siluByX: [
    passBack((cotangent, x) => siluByX(cotangent, x, 1)),
    { title: 'of quick_gelu', ...passBack((cotangent, x) => siluByX(cotangent, x, 1.702)) },
  ],
  sub: [{ result: sub(whole(PICTURE), whole([9, 1])) }],
  tanh: [functionCase('tanh', tanh)],
};
