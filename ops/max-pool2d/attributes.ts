/** What the kernels of max_pool2d are told. */

export interface MaxPool2dAttributes {
  /** Height and width of a window, and the distance between windows. */
  readonly size: number;
}
