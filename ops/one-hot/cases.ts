/** Calls of oneHot, with classes that there are not, and times a weight that each run makes: a table of its columns. */
import { indices, madeWeights, rules } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { conv2d, oneHot } from '../index.ts';

export const cases: OpCases = {
  oneHot: [
    { result: oneHot(indices([2, 9, 13], -1, 5), 5, 1) },
    {
      title: 'times a made weight',
      result: conv2d(oneHot(indices([2, 9, 13], 0, 4), 5, 1), madeWeights([6, 5, 1, 1]), madeWeights([6])),
      rules,
    },
  ],
};
