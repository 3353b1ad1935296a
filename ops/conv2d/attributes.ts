/** What the kernels of packed convolutions are told. */

export interface PackAttributes {
  /** Shape of the plain weight, [O, I, KH, KW]. */
  readonly weight: readonly [number, number, number, number];
  /** Channels in a texel of x; 1 where there are no texels. */
  readonly lanes: 1 | 4 | 8;
}

/** How a convolution goes that does not give a pixel for each of x, with zeros all round. */
export interface Strides {
  /** Pixels of x from one window to the next, across and down. */
  readonly stride: 1 | 2;
  /** Zeros above x and left of it. */
  readonly before: readonly [top: number, left: number];
  /** Of the result. */
  readonly size: readonly [height: number, width: number];
}

export interface PackedConv2dAttributes extends PackAttributes {
  /** Of the result: sums are fp32, and rounded to half as they are written where that is wanted. */
  readonly dtype: 'f32' | 'f16';
  readonly reluInput: boolean;
  readonly bias: boolean;
  /** Present when there is a residual: the last input is added to gain × the convolution. */
  readonly gain: number | undefined;
  /** The residual is this many times smaller across and down, and each of its pixels is read that often: 1 or 2. */
  readonly residualScale: number;
  /** Left out: stride 1, and as many zeros around x as give as many pixels. */
  readonly strides?: Strides;
}
