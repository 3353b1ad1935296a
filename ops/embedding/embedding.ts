/**
 * embed: what a transformer begins with. A row of one table for each token, and of another for its position:
 * tokens i32 [S, M], table [V, D], positions [T, D], start i32 [1] → rows [S·M, D], table[token] + positions[start + m].
 *
 * A token that the table does not have, or a position beyond T, gives NaN, so that it cannot pass for a picture.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor, TensorType } from '../../engine/index.ts';
import { divide, floatLiteral } from '../shader/accessors.ts';
import { countFragments, writePixelShader } from '../shader/fragment.ts';

export const embedOp: Op<undefined> = {
  name: 'embed',
  operands: ['tokens', 'table', 'positions', 'start'],
  infer: inferEmbed,
  reference: computeEmbed,
  kernels: {
    webgl: {
      shader: writeEmbedShader,
      // Of a table only the rows of the tokens: beside the two of them, the token and the start.
      fetches: ({ output }) => 4 * countFragments(output.layout) * output.layout.targets,
    },
  },
};

/** tokens i32 [S, M], table [V, D], positions [T, D], start i32 [1] → [S·M, D]. Throws ShapeError `E_SHAPE`, `E_DTYPE`. */
export function embed(tokens: Tensor, table: Tensor, positions: Tensor, start: Tensor): Tensor {
  return apply(embedOp, [tokens, table, positions, start], undefined);
}

function inferEmbed([tokens, table, positions, start]: readonly TensorType[]): TensorType {
  if (tokens!.dtype !== 'i32' || start!.dtype !== 'i32') {
    throw new ShapeError('E_DTYPE', `embed: tokens and start must be i32, got ${tokens!.dtype} and ${start!.dtype}.`);
  }
  const [[sequences, count], [, width], [, positionWidth]] = [tokens!.shape, table!.shape, positions!.shape];
  const ranks = [tokens!, table!, positions!].every(({ shape }) => shape.length === 2);
  if (ranks && width === positionWidth && start!.shape.length === 1 && start!.shape[0] === 1) {
    return { shape: [sequences! * count!, width!], dtype: 'f32' };
  }
  const shapes = [tokens, table, positions, start].map((type) => formatShape(type!.shape)).join(', ');
  throw new ShapeError(
    'E_SHAPE',
    `embed: wanted tokens [S, M], table [V, D], positions [T, D] and start [1], got ${shapes}.`,
  );
}

function computeEmbed({ inputs, inputTypes, output }: ReferenceCall<undefined>): void {
  const [tokens, table, positions, start] = inputs;
  const count = inputTypes[0]!.shape[1]!;
  const width = inputTypes[1]!.shape[1]!;
  for (let at = 0; at < output.length; at++) {
    const row = Math.floor(at / width);
    const place = start![0]! + (row % count);
    output[at] =
      (table![tokens![row]! * width + (at % width)] ?? NaN) + (positions![place * width + (at % width)] ?? NaN);
  }
}

function writeEmbedShader(call: ShaderCall<undefined>): string {
  const [, count] = call.inputs[0]!.type.shape as [number, number];
  const [rows] = call.inputs[1]!.type.shape as [number, number];
  const [length] = call.inputs[2]!.type.shape as [number, number];
  return writePixelShader(
    call,
    'embed',
    [
      'vec4 value(int n, int quad, int y, int x) {',
      `  int sequence = ${divide('x', count)};`,
      `  int m = x - sequence * ${count};`,
      '  float token = tokens_at(0, m, 0, sequence);',
      '  int place = int(start_at(0, 0, 0, 0)) + m;',
      `  bool known = token >= 0.0 && token < ${floatLiteral(rows)} && place >= 0 && place < ${length};`,
      `  if (!known) return vec4(${floatLiteral(NaN)});`,
      '  return table_pixel(0, quad, 0, int(token)) + positions_pixel(0, quad, 0, place);',
      '}',
    ].join('\n'),
  );
}
