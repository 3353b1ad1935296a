/** What the kernels of one_hot are told. */

export interface OneHotAttributes {
  readonly depth: number;
  /** Where depth stands in the result. */
  readonly axis: number;
}
