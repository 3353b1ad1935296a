/** What the kernels of reshape are told. */
import type { Shape } from '../../engine/index.ts';

export interface ReshapeAttributes {
  readonly shape: Shape;
}
