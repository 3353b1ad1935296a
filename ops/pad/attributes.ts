/** What the kernels of pad are told. */

export interface PadAttributes {
  /** Elements put before and after along each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** One that the dtype holds exactly. */
  readonly value: number;
}
