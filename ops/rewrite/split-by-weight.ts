/** The gradient of a convolution by its weight in two draws of WebGL: parts of the pixels, and their sum. */
import type { Rule } from '../../engine/index.ts';
import { splitByWeight as split } from '../conv2d-by-weight/parts.ts';

export const splitByWeight: Rule = {
  name: 'split_by_weight',
  why: 'conv2d_by_weight → sums over parts of the pixels and their sum: one fragment would walk every pixel alone.',
  apply: split,
};
