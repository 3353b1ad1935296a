/**
 * A text as BART reads it: a token to start with, the words, one to end with, and pads up to T = text_length; cut at T,
 * where it may be cut, the end is lost. Guidance starts from what is left of it without its words.
 */
import { ShapeError } from '../../base/errors.ts';
import { encodeWords, type PrepareTextOptions } from '../tokenizer/prepare-text.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TextRows } from '../token-transformer.ts';
import type { BartEncoderArchitecture } from './architecture.ts';

/**
 * Both rows, i32 [T]. The one without words is the first and the last token of the other: kuprel/min-dalle takes them
 * so.
 *
 * @throws UsageError `E_TEXT_TOO_LONG`, ShapeError `E_TOKEN`, as `encodeWords`; `E_TOKEN` too for a word that is a pad
 */
export async function prepareBartText(
  tokenizer: Tokenizer,
  text: string,
  { text_length, text_vocab, text_start, text_end, text_pad }: BartEncoderArchitecture,
  options: PrepareTextOptions,
): Promise<TextRows> {
  // Start and end take a place each.
  const words = await encodeWords(tokenizer, text, { limit: text_length - 2, vocabulary: text_vocab }, options);
  if (words.includes(text_pad)) {
    throw new ShapeError(
      'E_TOKEN',
      `prepareText: a word is token ${text_pad}, the pad. Is the tokenizer another model's?`,
    );
  }
  const row = [text_start, ...words, text_end].slice(0, text_length);
  const pad = (tokens: readonly number[]): Int32Array =>
    Int32Array.from({ length: text_length }, (_, at) => tokens[at] ?? text_pad);
  return { text: pad(row), emptyText: pad([row[0]!, row.at(-1)!]) };
}

/**
 * How many tokens each row of texts [S, T] has before its pads, i32 [S].
 *
 * @throws ShapeError `E_TOKEN` for one that begins with a pad, or has one between tokens
 */
export function countTokens(
  text: Int32Array,
  { text_length, text_pad }: Pick<BartEncoderArchitecture, 'text_length' | 'text_pad'>,
): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: text.length / text_length }, (_, index) => {
    const row = text.subarray(index * text_length, (index + 1) * text_length);
    const first = row.indexOf(text_pad);
    const count = first < 0 ? text_length : first;
    if (count > 0 && row.subarray(count).every((token) => token === text_pad)) return count;
    throw new ShapeError(
      'E_TOKEN',
      `countTokens: row ${index} of the text has a pad (${text_pad}) ${count > 0 ? 'between tokens' : 'in front'}. Pads come ` +
        'last, behind one token at least: prepareText makes such rows.',
    );
  });
}
