/** What the kernels of pixel_shuffle are told. */
import type { Shape } from '../../engine/index.ts';
import type { View } from '../strided.ts';

export interface PixelShuffleAttributes {
  readonly scale: number;
}

/** For each pixel of a square, the walk that takes its numbers out of x and puts them into the result. */
export function listWalks(
  [batch, channels, outHeight, outWidth]: Shape,
  { scale }: PixelShuffleAttributes,
): { readonly shape: Shape; readonly from: View; readonly to: View }[] {
  const [planes, height, width] = [batch! * channels!, outHeight! / scale, outWidth! / scale];
  const plane = height * width;
  const positions = Array.from({ length: scale ** 2 }, (_, at) => [Math.floor(at / scale), at % scale] as const);
  return positions.map(([dy, dx], at) => ({
    shape: [planes, height, width],
    from: { start: at * plane, strides: [scale ** 2 * plane, width, 1] },
    to: { start: dy * outWidth! + dx, strides: [scale ** 2 * plane, scale * outWidth!, scale] },
  }));
}
