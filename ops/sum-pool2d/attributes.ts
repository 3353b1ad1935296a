/** What the kernels of sum_pool2d are told. */

export interface SumPool2dAttributes {
  readonly size: number;
}
