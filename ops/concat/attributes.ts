/** What the kernels of concat are told. */

export interface ConcatAttributes {
  readonly axis: number;
}
