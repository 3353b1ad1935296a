/**
 * flip_weights: the weight of the convolution that takes a cotangent back to the input: channels in for channels out,
 * each kernel turned by half a circle. w [O, I, KH, KW] → [I, O, KH, KW], element (i, o, y, x) is
 * w[o, i, KH−1−y, KW−1−x]. It only prepares numbers, so of a weight it is made when that changes.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { visitTogether } from '../strided.ts';
import { flippedWalk } from './attributes.ts';
import { flipWeightsCpu } from './cpu/flip-weights.ts';
import { flipWeightsGl } from './gl/flip-weights.ts';

export const flipWeightsOp: Op<undefined> = {
  name: 'flip_weights',
  operands: ['weight'],
  derives: true,
  infer([w]) {
    if (w!.shape.length !== 4) {
      throw new ShapeError('E_SHAPE', `flipWeights: a weight must be [O, I, KH, KW], got ${formatShape(w!.shape)}.`);
    }
    const [outChannels, inChannels, height, width] = w!.shape as [number, number, number, number];
    return { shape: [inChannels, outChannels, height, width], dtype: w!.dtype };
  },
  reference({ inputs: [w], output, outputType }: ReferenceCall<undefined>) {
    const { from, to } = flippedWalk(outputType.shape);
    visitTogether(outputType.shape, from, to, (source, target) => (output[target] = w![source]!));
  },
  kernels: { webgl: flipWeightsGl, cpu: flipWeightsCpu },
};

/** w [O, I, KH, KW] → [I, O, KH, KW], same dtype. Throws ShapeError `E_SHAPE` for another rank. */
export function flipWeights(w: Tensor): Tensor {
  return apply(flipWeightsOp, [w], undefined);
}
