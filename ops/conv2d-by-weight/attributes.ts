/** What the kernels of conv2d_by_weight are told: how the convolution goes whose weight it is. */
import type { Strides } from '../conv2d/attributes.ts';

export interface Conv2dByWeightAttributes extends Pick<Strides, 'stride' | 'before'> {
  /** Pixels of the kernel: height and width. */
  readonly kernel: readonly [height: number, width: number];
  /** The convolution reads ReLU of x. */
  readonly reluInput: boolean;
}

export interface ByWeightPartsAttributes extends Conv2dByWeightAttributes {
  /** Rows of pixels of a part. */
  readonly rows: number;
}
