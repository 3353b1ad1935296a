/** Calls of the ops that act on every element by itself. */
import type { Tensor } from '../../engine/index.ts';
import { PICTURE, argumentsWithin, functionCase, gaussians, quotientBound, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { add, clamp, div, erf, exp, gelu, geluTanh, log, mul, quickGelu } from '../index.ts';
import { relu, scaleAdd, sigmoid, silu, sub, tanh } from '../index.ts';

/** Divisors of every size. */
function divideGaussians(): Tensor {
  const divisors = argumentsWithin({ from: 2 ** -60, to: 2 ** 60 });
  return div(gaussians(divisors.shape), divisors);
}

export const cases: OpCases = {
  add: [{ result: add(whole(PICTURE), whole([5, 1, 1])) }],
  clamp: [{ result: clamp(whole(PICTURE), -1001, 3001) }],
  div: [{ result: divideGaussians(), bound: quotientBound }],
  erf: [functionCase('erf', erf)],
  exp: [functionCase('exp', exp)],
  gelu: [functionCase('gelu', gelu)],
  geluTanh: [functionCase('geluTanh', geluTanh)],
  log: [functionCase('log', log)],
  mul: [{ result: mul(whole(PICTURE), whole([13])) }],
  quickGelu: [functionCase('quickGelu', quickGelu)],
  relu: [{ result: relu(whole(PICTURE)) }],
  scaleAdd: [{ result: scaleAdd(whole(PICTURE), whole(PICTURE), 0.25) }],
  sigmoid: [functionCase('sigmoid', sigmoid)],
  silu: [functionCase('silu', silu)],
  sub: [{ result: sub(whole(PICTURE), whole([9, 1])) }],
  tanh: [functionCase('tanh', tanh)],
};
