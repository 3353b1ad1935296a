/** What the kernels of transpose are told. */

export interface TransposeAttributes {
  readonly permutation: readonly number[];
}
