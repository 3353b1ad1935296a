/** What the kernels of a cache are told. */

/** The sizes of a cache. */
export interface CacheForm {
  /** Sequences in the cache. */
  readonly batch: number;
  /** Positions in the cache. */
  readonly length: number;
  /** The channels of a row that it keeps. */
  readonly first: number;
  readonly groups: number;
  readonly size: number;
}

/** A cache, and how many sequences a draw gives it. */
export interface CacheAttributes extends CacheForm {
  /** Sequences in x. */
  readonly sequences: number;
}

export interface AppendNormedAttributes extends CacheAttributes {
  readonly eps: number;
}
