/** What the kernels of matmul are told. */

export interface MatmulAttributes {
  /** a is [K, M] or [B, K, M]: only where the rule transpose_on_read has put it, for a device that reads it so. */
  readonly transposeA: boolean;
  /** b is [N, K] or [B, N, K]. */
  readonly transposeB: boolean;
}
