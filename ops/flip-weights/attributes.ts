/** The walk of flip_weights, which its loop and its kernel share. */
import { stridesOf } from '../../engine/index.ts';
import type { Shape } from '../../engine/index.ts';
import type { View } from '../strided.ts';

/** Through a result [I, O, KH, KW]: where its elements lie in w [O, I, KH, KW], backwards along a kernel. */
export function flippedWalk(shape: Shape): { readonly from: View; readonly to: View } {
  const [inChannels, , height, width] = shape as [number, number, number, number];
  const taps = height * width;
  return {
    from: { start: taps - 1, strides: [taps, inChannels * taps, -width, -1] },
    to: { start: 0, strides: stridesOf(shape) },
  };
}
