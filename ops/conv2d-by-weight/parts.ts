/**
 * conv2d_by_weight as WebGL runs it, in two draws: sums over parts of the pixels, for four output channels and one tap
 * of some input channels each, and the sums of those. A fragment that walked all pixels would keep the others waiting,
 * and its sums would be of a hundred thousand terms in a row. Built by the rule `split_by_weight`, not by hand.
 *
 * cotangent [B, O, OH, OW], x [B, I, H, W] → parts [P, O, KH·KW, I] → [O, I, KH, KW].
 */
import { apply, isOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import type { ByWeightPartsAttributes, Conv2dByWeightAttributes } from './attributes.ts';
import { conv2dByWeightOp, sumOverRows } from './conv2d-by-weight.ts';
import { byWeightPartsGl, sumWeightPartsGl } from './gl/parts.ts';

/** Sums over `rows` rows of pixels each, of all images one after another. */
const byWeightPartsOp: Op<ByWeightPartsAttributes> = {
  name: 'conv2d_by_weight_parts',
  operands: ['cotangent', 'x'],
  infer([cotangent, x], { kernel, rows }) {
    const [batch, outChannels, height] = cotangent!.shape as [number, number, number, number];
    const parts = Math.ceil((batch * height) / rows);
    return { shape: [parts, outChannels, kernel[0] * kernel[1], x!.shape[1]!], dtype: 'f32' };
  },
  reference: computeParts,
  describe: (attributes) => `${conv2dByWeightOp.describe!(attributes)}, ${attributes.rows} rows a part`,
  macs: (call) => conv2dByWeightOp.macs!(call),
  kernels: { webgl: byWeightPartsGl },
};

/** parts [P, O, KH·KW, I] → [O, I, KH, KW]. */
const sumWeightPartsOp: Op<Pick<Conv2dByWeightAttributes, 'kernel'>> = {
  name: 'sum_weight_parts',
  operands: ['parts'],
  infer: ([parts], { kernel }) => ({ shape: [parts!.shape[1]!, parts!.shape[3]!, ...kernel], dtype: 'f32' }),
  reference: sumWeightParts,
  kernels: { webgl: sumWeightPartsGl },
};

/** Fragments that keep a device busy, and most pixels that one walks. */
const FRAGMENTS = 8192;
const PIXELS = 2048;
/** Input channels of a fragment where there are eight render targets. */
const INPUTS = 8;

/** A conv2d_by_weight in two draws; undefined for another op. */
export function splitByWeight(tensor: Tensor): Tensor | undefined {
  if (!isOf(tensor, conv2dByWeightOp)) return undefined;
  const { inputs, attributes } = tensor;
  const { kernel } = attributes;
  const [batch, outChannels, height, width] = inputs[0]!.shape as [number, number, number, number];
  const [, inChannels] = tensor.shape as [number, number, number, number];
  const whole = Math.ceil(outChannels / 4) * kernel[0] * kernel[1] * Math.ceil(inChannels / INPUTS);
  const wanted = Math.max(FRAGMENTS / whole, (batch * height * width) / PIXELS);
  const rows = Math.max(1, Math.floor((batch * height) / wanted));
  return apply(sumWeightPartsOp, [apply(byWeightPartsOp, inputs, { ...attributes, rows })], { kernel });
}

function computeParts(call: ReferenceCall<ByWeightPartsAttributes>): void {
  const { kernel, rows } = call.attributes;
  const [batch, outChannels, height] = call.inputTypes[0]!.shape as [number, number, number, number];
  const [, , taps, inChannels] = call.outputType.shape as [number, number, number, number];
  const sums = new Float64Array(outChannels * inChannels * taps);
  const outputType = { shape: [outChannels, inChannels, ...kernel], dtype: 'f32' } as const;
  for (let row = 0, part = 0; row < batch * height; row += rows, part++) {
    const end = Math.min(row + rows, batch * height);
    sumOverRows({ ...call, output: sums, outputType }, row, end);
    for (let at = 0; at < sums.length; at++) {
      const [o, i, tap] = [Math.floor(at / taps / inChannels), Math.floor(at / taps) % inChannels, at % taps];
      call.output[((part * outChannels + o) * taps + tap) * inChannels + i] = sums[at]!;
    }
  }
}

function sumWeightParts({ inputs: [parts], inputTypes, output }: ReferenceCall): void {
  const [count, outChannels, taps, inChannels] = inputTypes[0]!.shape as [number, number, number, number];
  for (let at = 0; at < output.length; at++) {
    const [o, i, tap] = [Math.floor(at / taps / inChannels), Math.floor(at / taps) % inChannels, at % taps];
    let sum = 0;
    for (let part = 0; part < count; part++) sum += parts![((part * outChannels + o) * taps + tap) * inChannels + i]!;
    output[at] = sum;
  }
}
