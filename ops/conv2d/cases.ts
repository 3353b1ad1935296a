/** Calls of conv2d: naive, packed, with what joins its draw, and in halves. */
import type { Rule, Tensor } from '../../engine/index.ts';
import { PICTURE, integers, madeWeights, rules, weights, whole } from '../../test/helpers/op-case.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { castToHalf, conv2d, relu, scaleAdd, slice, stridedConv2d, tensor, upsampleNearest2d } from '../index.ts';
import type { StridedConv2dOptions } from '../index.ts';
import { winogradRule } from '../rewrite/winograd.ts';
import { winograd2 } from '../winograd/matrices.ts';

const convolve = (height: number, width: number): Tensor =>
  conv2d(whole(PICTURE), weights([6, 5, height, width]), weights([6]));

/** What ends a block of the decoder: with the standard rules one draw, ReLU on read, a smaller residual on write. */
function endBlock(): Tensor {
  const res = conv2d(relu(whole([2, 5, 10, 14])), weights([6, 5, 3, 3]), weights([6]));
  return scaleAdd(upsampleNearest2d(whole([2, 6, 5, 7])), res, 0.25);
}

/** Octets in, octets of weights, octets out; what is beyond 2048 is rounded, as the reference rounds it. */
function convolveHalves(): Tensor {
  const kernel = tensor(integers([12, 5, 3, 3], -8, 8), [12, 5, 3, 3], 'f16');
  return castToHalf(conv2d(relu(castToHalf(weights(PICTURE))), kernel, weights([12])));
}

/** A weight that each run makes: it is packed by a draw. */
const convolveMade = (height: number, width: number): Tensor =>
  conv2d(whole(PICTURE), madeWeights([6, 5, height, width]), madeWeights([6]));

/** Every other pixel, as encoders do: 3×3 with zeros right and below, 4×4 with zeros all round, and larger. */
const stride = (height: number, width: number, padding: StridedConv2dOptions['padding']): Tensor =>
  stridedConv2d(whole(PICTURE), weights([6, 5, height, width]), weights([6]), { stride: 2, padding });

/** What a strided convolution takes along as others do. */
function strideBetween(): Tensor {
  const res = stridedConv2d(relu(whole([2, 5, 9, 13])), weights([6, 5, 4, 4]), weights([6]), {
    stride: 2,
    padding: [1, 1, 1, 1],
  });
  return scaleAdd(whole([2, 6, 4, 6]), res, 0.25);
}

/** Winograd's, wherever there is a 3×3 kernel; on small integers F(2×2) is exact. */
const everywhere = { channels: 1, pixels: 1, transformed: Infinity };
const winograd: readonly Rule[] = [...rules, winogradRule('winograd', winograd2, everywhere)];

export const cases: OpCases = {
  conv2d: [
    { title: 'naive', result: convolve(3, 3) },
    { title: '1×1', result: convolve(1, 1), rules },
    { title: '3×3', result: convolve(3, 3), rules },
    { title: '5×7', result: convolve(5, 7), rules },
    { title: '7×7', result: convolve(7, 7), rules },
    { title: 'fused', result: endBlock(), rules },
    { title: '1×1 of a made weight', result: convolveMade(1, 1), rules },
    { title: '5×7 of a made weight', result: convolveMade(5, 7), rules },
    { title: 'three channels of a made weight', result: slice(convolveMade(3, 3), [0, 2, 0, 0], [2, 3, 9, 13]), rules },
    { title: 'by Winograd', result: convolveMade(3, 3), rules: winograd },
    {
      title: 'by Winograd, upsampled',
      result: conv2d(upsampleNearest2d(whole(PICTURE)), madeWeights([8, 5, 3, 3])),
      rules: winograd,
    },
    { title: 'of halves', result: convolveHalves(), rules },
  ],
  stridedConv2d: [
    { title: 'naive', result: stride(3, 3, [0, 0, 1, 1]) },
    { title: '3×3', result: stride(3, 3, [0, 0, 1, 1]), rules },
    { title: '4×4', result: stride(4, 4, [1, 1, 1, 1]), rules },
    { title: '7×5', result: stride(7, 5, [3, 2, 3, 2]), rules },
    { title: 'fused', result: strideBetween(), rules },
  ],
};
