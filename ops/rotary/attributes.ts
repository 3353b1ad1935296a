/** What the kernels of rotary are told. */

/** How vectors are turned. */
export interface RotaryAttributes {
  readonly sequences: number;
  /** Vectors of a row that turn. */
  readonly vectors: number;
}
