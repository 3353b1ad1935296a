/**
 * min-dalle's vocabulary in a `tokenizer.json`, of a form of our own: Hugging Face's library has none for what
 * min-dalle does with a text, and must not take it for one of its own. In the `model`, besides its `type`, are `vocab`
 * and `merges` as that library writes them.
 */
import { quote, readMerges, readTokens, tokenizerError, type JsonObject, type Merge } from './vocabulary.ts';

export const MIN_DALLE = 'min-dalle';

/** Letters that stand for a space in the files of byte level byte pair encoding; here only at the start of a word. */
export const SPACE_LETTER = 'Ġ';
/** What surrounds a caption and pads it. The net has these ids as numbers, so no file may give others. */
const MARKS: readonly (readonly [token: string, id: number])[] = [
  ['<s>', 0],
  ['<pad>', 1],
  ['</s>', 2],
];
export const UNKNOWN = '<unk>';

export interface MinDalleVocabulary {
  readonly tokens: readonly string[];
  readonly merges: readonly Merge[];
  /** Ids that a text can have are below it: `<mask>`, for one, which stands last in BART's list, is none. */
  readonly size: number;
}

/**
 * What the `model` of such a file holds.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function readMinDalleModel({ vocab, merges: written }: JsonObject): MinDalleVocabulary {
  const tokens = readTokens(vocab);
  const known = new Set(tokens);
  for (const [token, id] of MARKS) {
    if (tokens[id] !== token) throw tokenizerError(`min-dalle's token ${id} is ${token} and here ${quote(tokens[id])}`);
  }
  for (const token of [UNKNOWN, SPACE_LETTER]) {
    if (!known.has(token)) throw tokenizerError(`${quote(token)} is not in its vocabulary, and min-dalle needs it`);
  }
  const merges = readMerges(written, known);
  const reached = new Set([
    ...MARKS.map(([token]) => token),
    UNKNOWN,
    SPACE_LETTER,
    ...merges.map((pair) => pair.join('')),
  ]);
  const last = tokens.findLastIndex((token) => reached.has(token) || /^[\0-\x7f]$/.test(token));
  return { tokens, merges, size: last + 1 };
}
