/** Calls of argmax, with NaN and infinities, and with equals. */
import { PICTURE, hostile, weights } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { argmax } from '../index.ts';

export const cases: OpCases = {
  argmax: [{ result: argmax(hostile(PICTURE), 1) }, { result: argmax(weights(PICTURE), -1) }],
};
