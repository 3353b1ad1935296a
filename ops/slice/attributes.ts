/** What the kernels of slice are told. */
import type { Shape } from '../../engine/index.ts';

export interface SliceAttributes {
  /** First index along each axis. */
  readonly begin: readonly number[];
  readonly size: Shape;
}
