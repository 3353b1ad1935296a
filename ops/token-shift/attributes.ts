/** What the kernels of token_shift are told. */

/** How tokens are shifted. */
export interface TokenShiftAttributes {
  /** Sequences of the result. */
  readonly sequences: number;
  /** Positions of each. */
  readonly count: number;
  /** Sequences of the cache: a multiple. */
  readonly batch: number;
  /** Positions of the cache. */
  readonly length: number;
  readonly size: number;
  /** Positions before the first of the image. */
  readonly text: number;
  /** Image positions in a row of the picture. */
  readonly columns: number;
}
