/** What the kernels of linear are told. */
import type { RotaryAttributes } from '../rotary/attributes.ts';

export interface SumRowsAttributes {
  /** Whether there is a vector by which columns are weighted. */
  readonly weighted: boolean;
}

export type Activation = 'none' | 'gelu' | 'gelu-tanh' | 'geglu';

export interface PackedLinearAttributes {
  /** Shape of the plain weight, [O, K]: twice the outputs where there is a gate. */
  readonly weight: readonly [number, number];
  /** Columns in a texel of x; 1 where there are no texels. */
  readonly lanes: 1 | 4;
  readonly bias: boolean;
  /** Epsilon of the LayerNorm in front, with the `sums` that it needs. K is a multiple of 4 then. */
  readonly epsilon: number | undefined;
  /** `geglu`: the first half of the outputs times gelu of the second half, which is a multiple of 4. */
  readonly activation: Activation;
  readonly scale: boolean;
  readonly residual: boolean;
  /** The vectors that turn, with `turns` and `position`. Without activation, scale and residual. */
  readonly rotary: RotaryAttributes | undefined;
}

export interface PackAttributes extends Pick<PackedLinearAttributes, 'weight' | 'lanes'> {
  /** Of the packed weight. Where there are texels, halves lie two columns in one (packed-linear.ts). */
  readonly dtype: 'f32' | 'f16';
}

/** What joins the draw of the product. */
export function describePackedLinear(attributes: PackedLinearAttributes): string {
  const { epsilon, bias, activation, scale, residual, rotary } = attributes;
  const words = [
    ...(epsilon === undefined ? [] : ['norm on read']),
    ...(bias ? ['bias'] : []),
    ...(activation === 'none' ? [] : [activation]),
    ...(scale ? ['scale'] : []),
    ...(residual ? ['residual'] : []),
    ...(rotary ? ['rotary'] : []),
  ];
  return words.join(', ');
}
