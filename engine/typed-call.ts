/** A call of an op as far as its types tell, before anything lies anywhere: ops and the kernels of devices share it. */
import type { TensorType } from './shape.ts';

/** A call seen by its types alone. */
export interface TypedCall<A = unknown> {
  readonly attributes: A;
  readonly inputs: readonly { readonly type: TensorType }[];
  readonly output: { readonly type: TensorType };
}
