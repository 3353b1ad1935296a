/** What the kernels of upsample_nearest2d are told. */

export interface UpsampleNearest2dAttributes {
  readonly scale: number;
}
