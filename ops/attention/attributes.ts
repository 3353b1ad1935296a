/** What the kernels of attention are told, and what its two ops agree upon. */
import type { Mask } from './mask.ts';

/** The form of an attention. */
export interface AttentionAttributes {
  /** Sequences of the rows. */
  readonly sequences: number;
  /** Sequences of the cache: a multiple of those of the rows, or a divisor of them. */
  readonly batch: number;
  /** Positions of the cache. */
  readonly length: number;
  readonly heads: number;
  readonly headSize: number;
  readonly mask: Mask;
  /** Whether every query is a text position, which sees no image. */
  readonly reach: 'text' | 'all';
}

/** What keys that a query does not see score: less than any other score, and no infinity, which might make NaN. */
export const UNSEEN = -3e38;

export function describeAttention({ heads, headSize, mask, reach }: AttentionAttributes): string {
  return `${heads} heads of ${headSize}, ${mask.kind}${reach === 'text' ? ', text only' : ''}`;
}
