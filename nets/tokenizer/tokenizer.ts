/**
 * What every tokenizer here does: text becomes whole numbers, the rows of a transformer's text embedding, and back,
 * and each can show how. Pads are no business of a tokenizer; prepare-text.ts adds them.
 *
 * Pure: runs in Node and in the browser.
 */
import { argumentError, checkText, checkList } from '../../base/check-argument.ts';
import { ShapeError, UsageError } from '../../base/errors.ts';

/** One merge of byte pair encoding, as it was done to a word. */
export interface MergeStep {
  /** Its place in the list of merges: lower ones go first. */
  readonly rank: number;
  readonly left: string;
  readonly right: string;
  /** The pieces of the word after it. */
  readonly pieces: readonly string[];
}

/** A token with its own text, which may be `<unk>`. */
export interface ExplainedToken {
  readonly id: number;
  readonly text: string;
}

/** How one word became tokens. */
export interface WordExplanation {
  /** The word as the tokenizer sees it, lower-cased for one. */
  readonly word: string;
  /** What the word was cut into before the first merge. Empty where a tokenizer does not show its merges. */
  readonly letters: readonly string[];
  readonly steps: readonly MergeStep[];
  readonly tokens: readonly ExplainedToken[];
}

/**
 * Our own tokenizers answer at once; those of others work apart and answer later. `await` does for both.
 */
export interface Tokenizer {
  /** Tokens there are: ids are below it. */
  readonly vocabularySize: number;
  /** The token that fills up a text, for a tokenizer that has one of its own. */
  readonly pad?: number;
  /**
   * The ids of `text`, in order; none for a text without words.
   *
   * @throws UsageError `E_TEXT_TOO_LONG` beyond `MAX_TEXT_LENGTH`; FormatError `E_TOKENIZER_SLOW`
   */
  encode(text: string): number[] | Promise<number[]>;
  /**
   * The text of ids. What the tokenizer does not keep, such as capitals, does not come back.
   *
   * @throws ShapeError `E_TOKEN` for an id that is not in the vocabulary
   */
  decode(tokens: ArrayLike<number>): string | Promise<string>;
  /**
   * How `text` becomes tokens, word by word.
   *
   * @throws UsageError `E_TEXT_TOO_LONG` beyond `MAX_EXPLAINED_LENGTH`
   */
  explain(text: string): WordExplanation[] | Promise<WordExplanation[]>;
  /** Ends the worker, where there is one. */
  dispose?(): void;
}

/** Letters (UTF-16 units) a text may have: far beyond a caption, and encoded in a moment. */
export const MAX_TEXT_LENGTH: number = 65_536;
/** The same for `explain`, which shows the whole word at every step. */
export const MAX_EXPLAINED_LENGTH: number = 1024;

/** Throws UsageError `E_ARGUMENT` unless it has what every tokenizer has. */
export function checkTokenizer(caller: string, tokenizer: Tokenizer): void {
  const { vocabularySize, encode, decode } = (tokenizer ?? {}) as Partial<Tokenizer>;
  if (typeof vocabularySize === 'number' && typeof encode === 'function' && typeof decode === 'function') return;
  throw argumentError(caller, 'a tokenizer, as openTokenizer gives it', tokenizer);
}

/** Throws `E_TEXT_TOO_LONG` for a text that no caption comes near. */
export function checkTextLength(caller: string, text: string, limit: number = MAX_TEXT_LENGTH): void {
  checkText(caller, 'text', text);
  if (text.length <= limit) return;
  throw new UsageError(
    'E_TEXT_TOO_LONG',
    `${caller}: the text has ${text.length} letters and may have ${limit}; it begins with ` +
      `${JSON.stringify(text.slice(0, 40))}. Is it a file instead of a caption? Give a shorter one.`,
  );
}

/** The entry of `tokens` with each id; throws `E_TOKEN` where there is none. */
export function lookUpTokens(ids: ArrayLike<number>, tokens: readonly string[]): string[] {
  checkList('decode', 'tokens', ids);
  return Array.from(ids, (id, position) => {
    const token = tokens[id];
    if (token !== undefined) return token;
    throw new ShapeError(
      'E_TOKEN',
      `decode: token ${String(id)} at position ${position} is outside 0 … ${tokens.length - 1}. Is it a pad, or of another tokenizer?`,
    );
  });
}
