/** A call of embed, with tokens that there are not. */
import { indices, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { embed } from '../index.ts';

export const cases: OpCases = {
  embed: [{ result: embed(indices([2, 9], -1, 7), whole([7, 5]), whole([13, 5]), indices([1], 5, 5)) }],
};
