/** Calls of flip_weights: alone, and as the weight of a convolution. */
import { PICTURE, indices, madeWeights, rules, weights, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { castToFloat, conv2d } from '../index.ts';
import { flipWeights } from './flip-weights.ts';

export const cases: OpCases = {
  flipWeights: [
    { result: flipWeights(castToFloat(indices([7, 5, 3, 5], -4095, 4095))) },
    { title: 'of a constant', result: conv2d(whole(PICTURE), flipWeights(weights([5, 7, 3, 3]))), rules },
    { title: '1×1', result: conv2d(whole(PICTURE), flipWeights(madeWeights([5, 7, 1, 1]))), rules },
  ],
};
