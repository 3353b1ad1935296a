/** What the kernels of broadcastTo are told. */
import type { Shape } from '../../engine/index.ts';

export interface BroadcastToAttributes {
  readonly shape: Shape;
}
