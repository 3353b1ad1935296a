/** What the kernels of AdamW are told. All are exact in fp32. */

export interface ClipAttributes {
  readonly limit: number;
}

export interface MomentAttributes {
  readonly beta: number;
  /** 1 − β. */
  readonly rest: number;
}

export interface AdamStepAttributes {
  readonly epsilon: number;
  /** λ. */
  readonly decay: number;
}
