/**
 * partial_sums: parts of an axis, each summed: x [..., n, ...] → [..., ⌈n / chunk⌉, ...]. A second sum makes one of
 * them, so that no fragment walks a whole loss. Built by the rule `split_long_sums`, not by hand.
 */
import { apply, stridesOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import type { PartialSumsAttributes } from './attributes.ts';
import { partialSumsGl } from './gl/along-axis.ts';

export const partialSumsOp: Op<PartialSumsAttributes> = {
  name: 'partial_sums',
  operands: ['x'],
  infer([x], { axis, chunk }) {
    return { shape: x!.shape.map((size, at) => (at === axis ? Math.ceil(size / chunk) : size)), dtype: 'f32' };
  },
  reference: computePartialSums,
  describe: ({ axis, chunk }) => `axis ${axis} by ${chunk}`,
  kernels: { webgl: partialSumsGl },
};

/** Sums of `chunk` neighbours along an axis, a multiple of 4; the last may be of fewer. */
export function partialSums(x: Tensor, attributes: PartialSumsAttributes): Tensor {
  return apply(partialSumsOp, [x], attributes);
}

function computePartialSums(call: ReferenceCall<PartialSumsAttributes>): void {
  const { inputs, inputTypes, output, attributes } = call;
  const { axis, chunk } = attributes;
  const { shape } = inputTypes[0]!;
  const inner = stridesOf(shape)[axis]!;
  const [size, parts] = [shape[axis]!, Math.ceil(shape[axis]! / chunk)];
  const totals = new Float64Array(output.length);
  inputs[0]!.forEach((value, at) => {
    const [outer, place] = [Math.floor(at / inner / size), Math.floor(at / inner) % size];
    totals[(outer * parts + Math.floor(place / chunk)) * inner + (at % inner)]! += value;
  });
  output.set(totals);
}
