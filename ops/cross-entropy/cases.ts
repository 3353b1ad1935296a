/** Calls of crossEntropy and of its gradient, with targets that there are not. */
import { tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { gaussians, indices } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { crossEntropy } from '../index.ts';
import { crossEntropyByLogits } from './cross-entropy.ts';

/** Of the logarithm and of a sum of up to 13 exponentials, beside numbers below 8; weights are below 4. */
const bound = (): number => 4 * 2 ** -18;

const [logits, target] = [gaussians([9, 13]), indices([9], 0, 12)];
const weight = gaussians([9]);
const lossesOf = (...given: Parameters<typeof crossEntropy>): Tensor => crossEntropy(...given);

export const cases: OpCases = {
  crossEntropy: [
    { result: lossesOf(logits, target), bound },
    { title: 'weighted', result: lossesOf(logits, target, weight), bound },
    // Of one class the loss is exactly 0.
    { title: 'of no class', result: lossesOf(gaussians([3, 1]), tensor([-1, 0, 1], [3], 'i32')) },
  ],
  crossEntropyByLogits: [
    { result: crossEntropyByLogits(gaussians([9]), lossesOf(logits, target).inputs), bound },
    { title: 'weighted', result: crossEntropyByLogits(gaussians([9]), lossesOf(logits, target, weight).inputs), bound },
  ],
};
