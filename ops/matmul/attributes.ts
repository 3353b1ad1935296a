/** What the kernels of matmul are told. */

export interface MatmulAttributes {
  /** b is [N, K] or [B, N, K]. */
  readonly transposeB: boolean;
}
