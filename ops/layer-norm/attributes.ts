/** What the kernels of layer_norm are told. */

export interface LayerNormAttributes {
  /** Added to the variance. */
  readonly eps: number;
}
