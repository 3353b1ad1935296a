/** What the kernels of Winograd's steps are told. */
import type { Conv2dByWeightAttributes } from '../conv2d-by-weight/attributes.ts';
import type { PackedConv2dAttributes } from '../conv2d/attributes.ts';
import type { WinogradMatrices, WinogradType } from './matrices.ts';

export interface ForwardAttributes {
  readonly axis: 'h' | 'w';
  readonly matrices: WinogradMatrices;
  /** ReLU on every pixel as it is read. */
  readonly reluInput: boolean;
  /** Of the result; halves are made of halves. */
  readonly dtype: WinogradType;
}

export interface InverseAttributes {
  readonly axis: 'h' | 'w';
  readonly matrices: WinogradMatrices;
  /** Pixels along the axis: at most P·m times as many as tiles. */
  readonly size: number;
  /** P: 1, or 2 where C is a multiple of 4. */
  readonly phases: number;
  /** Of the result. */
  readonly dtype: WinogradType;
  /** Input b is a bias [C]. */
  readonly bias: boolean;
  /** The last input is a residual to which gain × the result is added. */
  readonly gain: number | undefined;
  /** The residual is this many times smaller across and down. */
  readonly residualScale: number;
}

export interface WinogradProductAttributes {
  readonly inChannels: number;
}

export interface WinogradWeightAttributes {
  readonly matrices: WinogradMatrices;
  readonly dtype: WinogradType;
  /** P: 1, or 2 behind an upsample where O is a multiple of 4. */
  readonly phases: 1 | 2;
}

/** Of the op that does all steps at once, on the CPU. */
export interface WinogradConv2dAttributes extends PackedConv2dAttributes {
  /** Pixels that a tile gives along a side. */
  readonly outputs: 2 | 4;
}

export type PackWinogradAttributes = Pick<WinogradConv2dAttributes, 'weight' | 'outputs'>;

export type WinogradByWeightAttributes = Conv2dByWeightAttributes & Pick<WinogradConv2dAttributes, 'outputs'>;
