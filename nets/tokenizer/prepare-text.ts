/**
 * A caption as the transformer takes it: exactly L = text_length tokens, pads where the caption has ended. The start
 * token of architectures that have one is the transformer's business.
 */
import { checkTokenizer } from './tokenizer.ts';
import { checkNumbers, checkObject } from '../../base/check-argument.ts';
import { ShapeError, UsageError } from '../../base/errors.ts';
import type { TransformerArchitecture } from '../transformer/architecture.ts';
import type { Tokenizer } from './tokenizer.ts';

/** How a text is made ready. */
export interface PrepareTextOptions {
  /** Cut a text that is too long, instead of refusing it. */
  readonly truncate?: boolean;
}

/**
 * The rows of the text embedding for `text`: int32 [L]. A pad at position p is row text_vocab + p; where the
 * architecture has no pads of its own it is that of the tokenizer, or else 0. A text without words is all pads, but for
 * the marks around words where the architecture has such; that is also what guidance starts from. The mark behind the
 * words is lost where they leave no room for it.
 *
 * @throws UsageError `E_TEXT_TOO_LONG` if there are more than L tokens, showing where the text would be cut; and, cut
 * or not, beyond `MAX_TEXT_LENGTH` letters
 * @throws ShapeError `E_TOKEN` if the tokenizer is of another model, with more tokens
 */
export async function prepareText(
  tokenizer: Tokenizer,
  text: string,
  architecture: TextForm,
  options: PrepareTextOptions = {},
): Promise<Int32Array> {
  checkObject('prepareText', 'architecture', architecture);
  checkNumbers('prepareText', 'text_length and text_vocab', [architecture.text_length, architecture.text_vocab]);
  checkObject('prepareText', 'options', options);
  const limits = { limit: wordLimit(architecture), vocabulary: architecture.text_vocab };
  const words = await encodeWords(tokenizer, text, limits, options);
  return layWords(tokenizer, words, architecture);
}

/** What of an architecture a text depends on. */
type TextForm = Pick<TransformerArchitecture, 'text_length' | 'text_vocab' | 'pads' | 'text_start' | 'text_end'>;

/** Tokens of words that a text may have. */
export function wordLimit({ text_length, text_start }: TextForm): number {
  return text_length - (text_start === undefined ? 0 : 1);
}

/** The rows of words: marks around them, pads behind; what is beyond the text's length is lost. */
export function layWords(tokenizer: Tokenizer, words: readonly number[], form: TextForm): Int32Array {
  const { text_length, text_vocab, pads, text_start, text_end } = form;
  const tokens = [text_start, ...words, text_end].filter((token) => token !== undefined);
  const { pad = 0 } = tokenizer;
  if (pad >= text_vocab) throw tokenError(tokenizer, pad, tokens.length, text_vocab);
  return Int32Array.from({ length: text_length }, (_, position) => {
    return tokens[position] ?? (pads === 'per-position' ? text_vocab + position : pad);
  });
}

/** How many tokens of words a net reads, and how many there are. */
interface WordLimits {
  readonly limit: number;
  readonly vocabulary: number;
}

/**
 * The tokens of a text's words, all of them: a net that may cut does so itself.
 *
 * @throws as `prepareText`
 */
export async function encodeWords(
  tokenizer: Tokenizer,
  text: string,
  { limit, vocabulary }: WordLimits,
  { truncate = false }: PrepareTextOptions,
): Promise<readonly number[]> {
  checkTokenizer('prepareText', tokenizer);
  const tokens = await tokenizer.encode(text);
  if (tokens.length > limit && !truncate) throw await tooLongError(tokenizer, tokens, limit);
  const position = tokens.findIndex((token) => token >= vocabulary);
  if (position < 0 || position >= limit) return tokens;
  throw tokenError(tokenizer, tokens[position]!, position, vocabulary);
}

function tokenError(tokenizer: Tokenizer, token: number, position: number, vocabulary: number): ShapeError {
  return new ShapeError(
    'E_TOKEN',
    `prepareText: token ${token} at position ${position} is outside 0 … ${vocabulary - 1}. Is the tokenizer, of ` +
      `${tokenizer.vocabularySize} tokens, that of another model?`,
  );
}

async function tooLongError(tokenizer: Tokenizer, tokens: readonly number[], limit: number): Promise<UsageError> {
  const kept = await tokenizer.decode(tokens.slice(0, limit));
  const cut = await tokenizer.decode(tokens.slice(limit));
  return new UsageError(
    'E_TEXT_TOO_LONG',
    `prepareText: the text has ${tokens.length} tokens and this model reads ${limit}. It would keep ` +
      `"${shorten(kept, -60)}" and cut "${shorten(cut, 60)}". Shorten the text, or ask for the cut with --truncate ` +
      `(truncate: true).`,
  );
}

/** The first `length` letters of a text, or the last where it is negative. */
function shorten(text: string, length: number): string {
  const letters = Array.from(text);
  if (letters.length <= Math.abs(length)) return text;
  return length < 0 ? `…${letters.slice(length).join('')}` : `${letters.slice(0, length).join('')}…`;
}
