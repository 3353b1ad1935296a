/**
 * embed: what a transformer begins with. A row of one table for each token, and of another for its position:
 * tokens i32 [S, M], table [V, D], positions [T, D], start i32 [1] → rows [S·M, D], table[token] + positions[start +
 * m].
 *
 * A token that the table does not have, or a position beyond T, gives NaN, so that it cannot pass for a picture.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { embedCpu } from './cpu/embedding.ts';
import { embedGl } from './gl/embedding.ts';

export const embedOp: Op<undefined> = {
  name: 'embed',
  operands: ['tokens', 'table', 'positions', 'start'],
  infer: inferEmbed,
  reference: computeEmbed,
  kernels: { webgl: embedGl, cpu: embedCpu },
};

/**
 * tokens i32 [S, M], table [V, D], positions [T, D], start i32 [1] → [S·M, D]. Throws ShapeError `E_SHAPE`, `E_DTYPE`.
 */
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
