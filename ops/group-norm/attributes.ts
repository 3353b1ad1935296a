/** What the kernels of group_norm are told, and how its sums are cut on devices that draw. */

export interface GroupNormAttributes {
  /** Groups of neighbouring channels. */
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** What is applied as the result is written. */
  readonly activation: 'none' | 'silu';
}

/** Boxes of pixels that cover a map: each is summed by one fragment. */
interface Chunks {
  readonly height: number;
  readonly width: number;
  /** Boxes side by side, and of all. */
  readonly across: number;
  readonly count: number;
}

/** Some √(H·W) pixels a box, so that summing a box and summing all boxes are as long. */
export function cutIntoChunks(height: number, width: number): Chunks {
  const pixels = Math.max(64, 2 ** Math.ceil(Math.log2(height * width) / 2));
  const wide = Math.min(width, pixels);
  const high = Math.min(height, Math.max(1, Math.floor(pixels / wide)));
  const across = Math.ceil(width / wide);
  return { height: high, width: wide, across, count: across * Math.ceil(height / high) };
}
