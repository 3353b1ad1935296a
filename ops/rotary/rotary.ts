/**
 * rotary: positions as angles. Pairs of neighbouring channels (0 and 1, 2 and 3, …) of each vector turn by an angle of
 * their own at each position, so that a product of two turned vectors depends on how far apart they are (RoFormer,
 * arXiv 2104.09864, with the pairs of its equation 34).
 *
 * Rows x [S·M, C] are M positions of S sequences, from `position` on; their first vectors · D channels are vectors of
 * D, and what follows them stays as it is. `turns` [T, D] holds cosine and sine of each pair, interleaved; 1 and 0
 * where a pair does not turn. They come as numbers, for a GPU's cosine of a large angle is far off.
 */
import { checkCounts } from '../arguments.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { NumericArray, Op, ReferenceCall, Shape, Tensor, TensorType } from '../../engine/index.ts';
import type { RotaryAttributes } from './attributes.ts';
import { rotaryCpu } from './cpu/rotary.ts';
import { rotaryGl } from './gl/rotary.ts';

export const rotaryOp: Op<RotaryAttributes> = {
  name: 'rotary',
  operands: ['x', 'turns', 'position'],
  infer: inferRotary,
  reference: computeRotary,
  describe: ({ vectors }) => `${vectors} vectors`,
  kernels: { webgl: rotaryGl, cpu: rotaryCpu },
};

/**
 * x [S·M, C], turns [T, D] with D even, position i32 [1] of the first of M → x with its vectors turned. A position that
 * `turns` does not have gives NaN.
 * @throws ShapeError `E_SHAPE`, `E_DTYPE`
 */
export function rotary(x: Tensor, turns: Tensor, position: Tensor, attributes: RotaryAttributes): Tensor {
  checkCounts('rotary', attributes, ['sequences']);
  // With none nothing turns.
  checkCounts('rotary', attributes, ['vectors'], 0);
  return apply(rotaryOp, [x, turns, position], attributes);
}

function inferRotary([x, turns, position]: readonly TensorType[], attributes: RotaryAttributes): TensorType {
  const { sequences, vectors } = attributes;
  if (position!.dtype !== 'i32') {
    throw new ShapeError('E_DTYPE', `rotary: position must be i32, got ${position!.dtype}.`);
  }
  const [rows = 0, channels = 0] = x!.shape;
  const [, size = 0] = turns!.shape;
  const ranks = x!.shape.length === 2 && turns!.shape.length === 2 && position!.shape.length === 1;
  const fits = rows % sequences === 0 && size % 2 === 0 && vectors * size <= channels;
  if (ranks && fits && position!.shape[0] === 1) return { shape: x!.shape, dtype: 'f32' };
  throw new ShapeError(
    'E_SHAPE',
    `rotary: wanted x [S·M, C] with S = ${sequences}, turns [T, D] with D even and ${vectors} · D at most C, and position ` +
      `[1], got ${[x, turns, position].map((type) => formatShape(type!.shape)).join(', ')}.`,
  );
}

function computeRotary({ inputs, inputTypes, output, attributes }: ReferenceCall<RotaryAttributes>): void {
  const [x, turns, position] = inputs;
  output.set(x!);
  turnRows(output, inputTypes[0]!.shape, turns!, inputTypes[1]!.shape, position![0]!, attributes);
}

/** Turns rows [S·M, C] in place: what the reference of this op does, and of a product that turns what it writes. */
export function turnRows(
  x: NumericArray,
  [rows = 0, channels = 0]: Shape,
  turns: NumericArray,
  [, size = 0]: Shape,
  start: number,
  { sequences, vectors }: RotaryAttributes,
): void {
  const count = rows / sequences;
  for (let row = 0; row < rows; row++) {
    const place = start + (row % count);
    for (let c = 0; c < vectors * size; c += 2) {
      const at = row * channels + c;
      const [even, odd] = [x[at]!, x[at + 1]!];
      const cosine = turns[place * size + (c % size)] ?? NaN;
      const sine = turns[place * size + (c % size) + 1] ?? NaN;
      x[at] = even * cosine - odd * sine;
      x[at + 1] = even * sine + odd * cosine;
    }
  }
}
