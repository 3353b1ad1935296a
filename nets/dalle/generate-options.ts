/** What a drawing is asked for, and what its steps tell. n candidates, H × W tokens, P × P pixels a token. */
import type { Pixels, TokenGrid } from '../picture-coder.ts';
import type { SamplingSettings } from '../sampling/settings.ts';

/**
 * What may be asked for beside the text; the model's own defaults fill in what is left out, then the general ones. A
 * seed that is left out is random, another one at each call; every step tells it in its `settings`.
 */
export interface GenerateOptions extends Partial<SamplingSettings> {
  /** Cut a text that is too long, instead of refusing it. */
  readonly truncate?: boolean;
  /** Decode a picture of what there is after so many rows of tokens; 0, only when all are drawn [0]. */
  readonly imageEvery?: number;
  readonly signal?: AbortSignal;
}

/** How far a drawing is. */
export interface GenerateStep {
  /** All that it is drawn with, the seed too: given again, they draw the same. */
  readonly settings: SamplingSettings;
  /** Tokens drawn so far, of `total`, over all candidates. */
  readonly step: number;
  readonly total: number;
  /** [n, H, W], -1 where nothing is drawn yet. */
  readonly tokens: TokenGrid;
  /** Σ ln p of the tokens each candidate drew, in nats: the higher, the likelier the transformer takes it to be. */
  readonly logProbabilities: Float64Array;
  /** [n, 3, P·H, P·W] in 0…1; what is not drawn yet is white. Always there in the last step. */
  readonly image?: Pixels;
}
