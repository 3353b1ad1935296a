/** What the kernels of uniform are told. */
import type { Shape } from '../../engine/index.ts';

/** What random numbers are for, and how many a sample has. */
export interface UniformAttributes {
  /** What the numbers are for: other uses of the same step and sample draw others. A whole number of 32 bits. */
  readonly use: number;
  /** Of a sample: one to three axes. */
  readonly shape: Shape;
}
