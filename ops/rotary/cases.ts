/** A call of rotary. */
import { gaussians, indices, integers } from '../../test/helpers/op-case.ts';
import type { OpCase, OpCases } from '../../test/helpers/op-case.ts';
import { rotary, tensor } from '../index.ts';

/** Rows of two sequences of 9, three vectors of 6 that turn and a channel that does not. */
function rotate(): OpCase {
  const angles = integers([10 * 3], -314, 314);
  const turns = Float32Array.from([...angles].flatMap((angle) => [Math.cos(angle / 100), Math.sin(angle / 100)]));
  const attributes = { sequences: 2, vectors: 3 };
  // Two products of factors below 6 and 1, and their sum.
  return {
    result: rotary(gaussians([18, 19]), tensor(turns, [10, 6]), indices([1], 1, 1), attributes),
    bound: () => 2 ** -24 * 4 * 12,
  };
}

export const cases: OpCases = {
  rotary: [rotate()],
};
