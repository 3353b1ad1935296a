/**
 * Captions as the second stage sees them: some left out, so that the model learns what pictures are without one, which
 * guidance needs (Ho and Salimans 2022, arXiv:2207.12598), and the rest with merges passed over at random (BPE
 * dropout, as the paper of DALL·E has it). Both are functions of seed, epoch and sample.
 */
import { addStartToken } from '../nets/transformer/architecture.ts';
import type { TransformerArchitecture } from '../nets/transformer/architecture.ts';
import { BpeTokenizer } from '../nets/tokenizer/bpe.ts';
import { encodeWords, layWords, wordLimit } from '../nets/tokenizer/prepare-text.ts';
import type { Tokenizer } from '../nets/tokenizer/tokenizer.ts';
import type { Place } from './data/batches.ts';
import { drawUniforms, type DrawKey } from './data/draws.ts';

/** How captions become rows of the text embedding. */
export interface CaptionOptions {
  readonly architecture: TransformerArchitecture;
  readonly tokenizer: Tokenizer;
  /** How often a caption is left out, 0 … 1. */
  readonly captionDropout: number;
  /** How often a merge is passed over, 0 … 1; for tokenizers of ours. */
  readonly mergeDropout: number;
}

/**
 * The rows of a caption, [text positions], start token and pads in place. One that is too long is cut.
 * @param seed undefined for captions as they are, whole and merged as far as they go
 */
export async function captionRows(
  { index, epoch, caption = '' }: Place,
  options: CaptionOptions,
  seed: number | undefined,
): Promise<Int32Array> {
  const { architecture, tokenizer, captionDropout, mergeDropout } = options;
  const lay = (words: readonly number[]): Int32Array =>
    addStartToken(architecture, layWords(tokenizer, words, architecture));
  const limits = { limit: wordLimit(architecture), vocabulary: architecture.text_vocab };
  if (seed !== undefined) {
    const key = { seed, epoch };
    if (drawUniforms('guidance', key, index)[0]! < captionDropout) return lay([]);
    if (mergeDropout > 0 && tokenizer instanceof BpeTokenizer) {
      const words = tokenizer.encode(caption, { rate: mergeDropout, random: mergesRandom(key, index) });
      // Cut small, a caption may not fit any more.
      if (words.length <= limits.limit) return lay(words);
    }
  }
  const words = await encodeWords(tokenizer, caption, limits, { truncate: true });
  return lay(words.slice(0, limits.limit));
}

/** Numbers one after another for the merges of a caption. */
function mergesRandom(key: DrawKey, index: number): { seed: number; uniform(): number } {
  let [at, drawn] = [0, [] as number[]];
  return {
    seed: key.seed,
    uniform() {
      if (at % 4 === 0) drawn = drawUniforms('merges', key, index, at / 4);
      return drawn[at++ % 4]!;
    },
  };
}
