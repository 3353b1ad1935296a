/** What the kernels of take_rows are told. */

export interface TakeRowsAttributes {
  readonly first: number;
  readonly count: number;
}
