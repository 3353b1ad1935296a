/**
 * Between pixels in [0, 1] and the range that a VQGAN works in. It has no last function that would keep its results
 * within it, so they are clamped.
 */
import { add, clamp, mul, sub, tensor } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { VqganArchitecture } from './architecture.ts';

type Range = VqganArchitecture['pixel_range'];

const scalar = (value: number): Tensor => tensor([value], []);

/** x in [0, 1] → the range, any shape. */
export function toRange(x: Tensor, [black, white]: Range): Tensor {
  return black === 0 && white === 1 ? x : add(mul(x, scalar(white - black)), scalar(black));
}

/** x → [0, 1], what lies beyond the range being clamped, any shape. */
export function fromRange(x: Tensor, [black, white]: Range): Tensor {
  const clamped = clamp(x, black, white);
  if (black === 0 && white === 1) return clamped;
  return mul(sub(clamped, scalar(black)), scalar(1 / (white - black)));
}
