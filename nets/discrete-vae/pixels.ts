/**
 * Between pixels in [0, 1] and the range that DALLE-pytorch's DiscreteVAE works in: colours in −1…1, opacity as it is.
 * Its decoder gives what it gives, so results are clamped. That project's own script stretches each picture to black
 * and white instead; here the same tokens always give the same colours.
 */
import { add, clamp, concat, mul, slice, sub, tensor } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';

/** x [B, 3 or 4, H, W] in [0, 1] → [B, channels, H, W]; a picture without opacity is opaque. */
export function normalise(x: Tensor, channels: number): Tensor {
  const [batch, given, height, width] = x.shape as [number, number, number, number];
  const colours = given > 3 ? slice(x, [0, 0, 0, 0], [batch, 3, height, width]) : x;
  const scaled = sub(mul(colours, tensor([2], [])), tensor([1], []));
  if (channels === 3) return scaled;
  if (given > 3) return concat([scaled, slice(x, [0, 3, 0, 0], [batch, 1, height, width])], 1);
  const opaque = tensor(new Float32Array(batch * height * width).fill(1), [batch, 1, height, width]);
  return concat([scaled, opaque], 1);
}

/** y [B, 3 or 4, H, W] → colours [B, 3, H, W] in [0, 1]; opacity is left out. */
export function denormalise(y: Tensor): Tensor {
  const [batch, channels, height, width] = y.shape as [number, number, number, number];
  const colours = channels > 3 ? slice(y, [0, 0, 0, 0], [batch, 3, height, width]) : y;
  return mul(add(clamp(colours, -1, 1), tensor([1], [])), tensor([0.5], []));
}
