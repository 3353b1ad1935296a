/**
 * uniform: random numbers between 0 and 1 that are a function of where they stand, by the generator of draws
 * (base/philox.ts): the key is the seed, the counter (element of the sample, sample, use, step). A sample is counted
 * over a whole step, so batches, parts and machines draw the same noise for it; and nothing is kept from draw to draw.
 *
 * Of the first word of Philox the upper 23 bits, plus a half: (u ≫ 9 + ½) · 2⁻²³ is exact in fp32, never 0 and never 1,
 * so that two logarithms of it are finite; every device has the same bits.
 */
import { philox } from '../../base/philox.ts';
import { checkNumber, checkObject } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, checkShape, formatShape, sizeOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { checkWholeNumber } from '../arguments.ts';
import type { UniformAttributes } from './attributes.ts';
import { uniformCpu } from './cpu/uniform.ts';
import { uniformGl } from './gl/uniform.ts';

export const uniformOp: Op<UniformAttributes> = {
  name: 'uniform',
  operands: ['stream', 'samples'],
  infer: inferUniform,
  reference: computeUniform,
  describe: ({ use }) => `use ${use}`,
  kernels: { webgl: uniformGl, cpu: uniformCpu },
};

/**
 * Numbers of (0, 1), multiples of 2⁻²⁴: [B, ...shape].
 * @param stream i32 [4], seed and step in halves of 16 bits, each the lower one first
 * @param samples i32 [B], the number of each sample among those of its step, 0 … 2²⁴ − 1
 * @throws ShapeError `E_SHAPE`, `E_ATTRIBUTE`
 */
export function uniform(stream: Tensor, samples: Tensor, attributes: UniformAttributes): Tensor {
  checkObject('uniform', 'attributes', attributes);
  checkNumber('uniform', 'use', attributes.use);
  checkWholeNumber('uniform', 'use', attributes.use, 0);
  checkShape('uniform', attributes.shape);
  return apply(uniformOp, [stream, samples], attributes);
}

function inferUniform([stream, samples]: readonly TensorType[], { shape }: UniformAttributes): TensorType {
  const areWhole = stream!.dtype === 'i32' && samples!.dtype === 'i32';
  const fits = stream!.shape.length === 1 && stream!.shape[0] === 4 && samples!.shape.length === 1;
  if (areWhole && fits && shape.length >= 1 && shape.length <= 3) {
    return { shape: [samples!.shape[0]!, ...shape], dtype: 'f32' };
  }
  throw new ShapeError(
    'E_SHAPE',
    `uniform: wanted stream i32 [4], samples i32 [B] and a shape of one to three axes, got ${stream!.dtype} ` +
      `${formatShape(stream!.shape)}, ${samples!.dtype} ${formatShape(samples!.shape)} and ${formatShape(shape)}.`,
  );
}

function computeUniform({ inputs, output, attributes: { use, shape } }: ReferenceCall<UniformAttributes>): void {
  const [stream, samples] = inputs;
  const [seed, step] = [0, 2].map((at) => (stream![at]! | (stream![at + 1]! << 16)) >>> 0);
  const size = sizeOf(shape);
  for (let at = 0; at < output.length; at++) {
    const sample = samples![Math.floor(at / size)]!;
    const [word] = philox([at % size, sample >>> 0, use >>> 0, step!], [seed!, 0]);
    output[at] = ((word! >>> 9) + 0.5) / 2 ** 23;
  }
}
