/** What the kernels of softmax are told. */

export interface SoftmaxAttributes {
  readonly axis: number;
}
