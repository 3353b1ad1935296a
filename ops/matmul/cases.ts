/** Calls of matmul: with one b for all, one for each, and transposed. */
import { rules, weights, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { matmul } from '../index.ts';

export const cases: OpCases = {
  matmul: [
    { title: 'one b', result: matmul(whole([2, 9, 13]), weights([13, 5]), weights([5])) },
    { title: 'a batch', result: matmul(whole([2, 9, 13]), weights([2, 13, 5])) },
    {
      title: 'transposed',
      result: matmul(whole([2, 13, 9]), weights([2, 5, 13]), undefined, { transposeA: true, transposeB: true }),
    },
    { title: 'of columns', result: matmul(whole([13, 9]), weights([13, 21]), undefined, { transposeA: true }), rules },
    {
      title: 'of few columns',
      result: matmul(whole([300, 3]), weights([300, 5]), undefined, { transposeA: true }),
      rules,
    },
    {
      title: 'of columns, a batch',
      result: matmul(weights([2, 13, 9]), weights([2, 13, 5]), weights([5]), { transposeA: true }),
      rules,
    },
  ],
};
