/**
 * A text as CLIP reads it: the mark of its start, its tokens, the mark of its end, and zeros up to the length of the
 * row. The marks are the last two tokens of the vocabulary. What stands behind the end has no say in what is computed.
 */
import { FormatError, UsageError } from '../../base/errors.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { ClipArchitecture } from './architecture.ts';

type TextSizes = Pick<ClipArchitecture, 'text_length' | 'text_vocab'>;

/** Throws FormatError `E_MODEL_MANIFEST` for a tokenizer of another model: its marks would be words. */
export function checkVocabulary({ vocabularySize }: Tokenizer, { text_vocab }: TextSizes): void {
  if (vocabularySize === text_vocab) return;
  throw new FormatError(
    'E_MODEL_MANIFEST',
    `Clip: the tokenizer has ${vocabularySize} tokens, and this CLIP reads ${text_vocab}, the last two of which mark start ` +
      'and end. They are of different models. Convert the weights together with their own vocabulary, ' +
      'bpe_simple_vocab_16e6.txt.gz for all that OpenAI published.',
  );
}

/**
 * The row of a text, i32 [T].
 *
 * @throws UsageError `E_TEXT_TOO_LONG` where start, tokens and end do not fit and it is not to be cut
 */
export async function prepareClipText(
  tokenizer: Tokenizer,
  text: string,
  { text_length, text_vocab }: TextSizes,
  truncate = false,
): Promise<Int32Array> {
  const tokens = await tokenizer.encode(text);
  const room = text_length - 2;
  if (tokens.length > room && !truncate) {
    const kept = await tokenizer.decode(tokens.slice(0, room));
    throw new UsageError(
      'E_TEXT_TOO_LONG',
      `prepareClipText: the text has ${tokens.length} tokens and this CLIP reads ${room}. It would keep "…${Array.from(
        kept,
      )
        .slice(-60)
        .join('')}". Shorten the text, or ask for the cut with --truncate (truncate: true).`,
    );
  }
  const row = new Int32Array(text_length);
  row.set([text_vocab - 2, ...tokens.slice(0, room), text_vocab - 1]);
  return row;
}

/** Where a row ends: the first of its largest tokens, as OpenAI's code looks for the mark. */
export function findEnd(row: Int32Array): number {
  return row.indexOf(row.reduce((most, token) => Math.max(most, token), -1));
}
