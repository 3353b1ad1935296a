/** What the kernels of reductions along one axis are told. */

export interface AxisAttributes {
  readonly axis: number;
}

export interface PartialSumsAttributes extends AxisAttributes {
  /** Numbers of each part but for the last: a multiple of 4. */
  readonly chunk: number;
}
