/**
 * rotary: positions as angles. Pairs of neighbouring channels (0 and 1, 2 and 3, …) of each vector turn by an angle of
 * their own at each position, so that a product of two turned vectors depends on how far apart they are (RoFormer,
 * arXiv 2104.09864, with the pairs of its equation 34).
 *
 * Rows x [S·M, C] are M positions of S sequences, from `position` on; their first vectors · D channels are vectors of D,
 * and what follows them stays as it is. `turns` [T, D] holds cosine and sine of each pair, interleaved; 1 and 0 where a
 * pair does not turn. They come as numbers, for a GPU's cosine of a large angle is far off.
 */
import { ShapeError } from '../../errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor, TensorType } from '../../engine/index.ts';
import { divide, floatLiteral, modulo } from '../shader/accessors.ts';
import { countFragments, writePixelShader } from '../shader/fragment.ts';

export interface RotaryAttributes {
  readonly sequences: number;
  /** Vectors of a row that turn. */
  readonly vectors: number;
}

export const rotaryOp: Op<RotaryAttributes> = {
  name: 'rotary',
  infer: inferRotary,
  reference: computeRotary,
  glsl: writeRotaryShader,
  // The channels, the position, and two pairs of turns.
  cost: ({ output }) => ({ macs: 0, fetches: 4 * countFragments(output.layout) * output.layout.targets }),
  describe: ({ vectors }) => `${vectors} vectors`,
};

/**
 * x [S·M, C], turns [T, D] with D even, position i32 [1] of the first of M → x with its vectors turned. A position that
 * `turns` does not have gives NaN.
 * @throws ShapeError `E_SHAPE`, `E_DTYPE`
 */
export function rotary(x: Tensor, turns: Tensor, position: Tensor, attributes: RotaryAttributes): Tensor {
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
  const [rows, channels] = inputTypes[0]!.shape as [number, number];
  const size = inputTypes[1]!.shape[1]!;
  const count = rows / attributes.sequences;
  output.set(x!);
  for (let row = 0; row < rows; row++) {
    const place = position![0]! + (row % count);
    for (let c = 0; c < attributes.vectors * size; c += 2) {
      const at = row * channels + c;
      const cosine = turns![place * size + (c % size)] ?? NaN;
      const sine = turns![place * size + (c % size) + 1] ?? NaN;
      output[at] = x![at]! * cosine - x![at + 1]! * sine;
      output[at + 1] = x![at]! * sine + x![at + 1]! * cosine;
    }
  }
}

function writeRotaryShader(call: ShaderCall<RotaryAttributes>): string {
  const { sequences, vectors } = call.attributes;
  const count = call.inputs[0]!.type.shape[0]! / sequences;
  const [length, size] = call.inputs[1]!.type.shape as [number, number];
  return writePixelShader(
    call,
    `rotary, ${vectors} vectors`,
    [
      'vec2 turn(vec2 pair, int c, int place) {',
      `  if (c >= ${vectors * size}) return pair;`,
      `  if (place < 0 || place >= ${length}) return vec2(${floatLiteral(NaN)});`,
      `  int d = ${modulo('c', size)};`,
      '  vec4 two = b_pixel(0, d >> 2, 0, place);',
      '  vec2 by = (d & 2) == 0 ? two.xy : two.zw;',
      '  return vec2(pair.x * by.x - pair.y * by.y, pair.x * by.y + pair.y * by.x);',
      '}',
      '',
      'vec4 value(int n, int quad, int y, int x) {',
      '  vec4 channels = a_pixel(0, quad, 0, x);',
      `  int place = int(c_at(0, 0, 0, 0)) + x - ${divide('x', count)} * ${count};`,
      '  return vec4(turn(channels.xy, quad * 4, place), turn(channels.zw, quad * 4 + 2, place));',
      '}',
    ].join('\n'),
  );
}
