/**
 * The tokenizer of a data set's own captions (byte pair encoding, as in the paper), and how long a text is to a net
 * that is trained on them.
 */
import { argumentError } from '../base/check-argument.ts';
import type { BpeTokenizer } from '../nets/tokenizer/bpe.ts';
import { MAX_TEXT_LENGTH } from '../nets/tokenizer/tokenizer.ts';
import { trainBpe } from '../nets/tokenizer/train-bpe.ts';

interface CaptionTokenizer {
  readonly tokenizer: BpeTokenizer;
  /** Tokens that a net reads: those of the longest caption and a quarter more, which merge dropout needs. */
  readonly textLength: number;
}

/** The paper's. */
const MOST_TOKENS = 16_384;
const LONGEST_TEXT = 256;

/** Text lengths are multiples of it. */
const STEP = 4;

/**
 * @param captions what is trained on; what is no caption by its length is passed over
 * @param vocabularySize tokens at most [16,384]; letters have tokens in any case
 * @throws UsageError `E_ARGUMENT` where there is no caption, `E_VOCABULARY_SIZE`
 */
export function learnCaptions(captions: Iterable<string>, vocabularySize: number = MOST_TOKENS): CaptionTokenizer {
  const texts = new Set<string>();
  const all: string[] = [];
  for (const caption of captions) {
    if (caption.length > MAX_TEXT_LENGTH || caption.trim() === '') continue;
    texts.add(caption);
    all.push(caption);
  }
  if (all.length === 0) throw argumentError('learnCaptions', 'captions, at least one', captions);
  const tokenizer = trainBpe(all, { vocabularySize });
  let longest = 0;
  for (const text of texts) longest = Math.max(longest, tokenizer.encode(text).length);
  const wanted = STEP * Math.ceil((1.25 * longest) / STEP);
  return { tokenizer, textLength: Math.min(LONGEST_TEXT, wanted) };
}
