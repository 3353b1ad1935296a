/** What the kernels of embed_by_table are told. */

export interface EmbedByTableAttributes {
  /** Rows of the table. */
  readonly rows: number;
  /**
   * 0 where each row of the cotangent has an index of its own; else the only index is that of row 0, and the rows after
   * it count on, so many of each sequence.
   */
  readonly count: number;
}
