/** What the kernels of gather are told. */

export interface GatherAttributes {
  /** Where D stands in the result. */
  readonly axis: number;
}
