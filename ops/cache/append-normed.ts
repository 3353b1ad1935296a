/**
 * A LayerNorm that writes its rows into a cache: what token shift keeps. Built by the rule norm_on_append; the plain
 * form is appendRows of a layerNorm.
 *
 * Rows of x [B′·M, D] are M positions of B′ sequences, from `position` on; gain and shift [D]; the cache holds one
 * vector of D a position (groups 1, first 0).
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { layerNormOp } from '../layer-norm/layer-norm.ts';
import type { AppendNormedAttributes } from './attributes.ts';
import { appendRowsOp, copyRows } from './cache.ts';
import { appendNormedGl } from './gl/append-normed.ts';

interface AppendNormedInputs {
  readonly cache: Tensor;
  readonly x: Tensor;
  readonly position: Tensor;
  readonly gain: Tensor;
  readonly shift: Tensor;
}

export function appendNormed(
  { cache, x, position, gain, shift }: AppendNormedInputs,
  attributes: AppendNormedAttributes,
): Tensor {
  return apply(appendNormedOp, [cache, x, position, gain, shift], attributes);
}

const appendNormedOp: Op<AppendNormedAttributes> = {
  name: 'append_normed',
  operands: ['x', 'position', 'gain', 'shift'],
  infer: (inputs, attributes) => appendRowsOp.infer(inputs, attributes),
  redraws: (values, inputs, attributes) => appendRowsOp.redraws!(values, inputs, attributes),
  reference: computeAppendNormed,
  describe: (attributes) => appendRowsOp.describe!(attributes),
  kernels: { webgl: appendNormedGl },
};

function computeAppendNormed({ inputs, inputTypes, output, attributes }: ReferenceCall<AppendNormedAttributes>): void {
  const [cache, x, position, gain, shift] = inputs;
  const [, xType, , gainType] = inputTypes;
  const normed = new Float64Array(x!.length);
  layerNormOp.reference({
    inputs: [x!, gain!, shift!],
    inputTypes: [xType!, gainType!, gainType!],
    output: normed,
    outputType: xType!,
    attributes: { eps: attributes.eps },
  });
  output.set(cache!);
  copyRows(normed, xType!.shape, position![0]!, output, attributes);
}
