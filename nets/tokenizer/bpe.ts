/**
 * Our own tokenizer: byte pair encoding of lower-case words. Text is lower-cased, cut at white space, each word into
 * its letters, of which the last bears `</w>`, and the letters are merged. A letter that the vocabulary does not have
 * is `<unk>`: emoji, NUL and halves of surrogate pairs among them, if no caption it was trained on had them.
 *
 * The same results as Hugging Face's library gives for the tokenizer.json that tokenizer-json.ts reads and writes.
 */
import { checkEach, checkObject, checkText } from '../../base/check-argument.ts';
import { explainWord } from './explain-word.ts';
import { findInList, mergePieces, type FindMerge, type Dropout } from './merge-pieces.ts';
import {
  checkTextLength,
  lookUpTokens,
  MAX_EXPLAINED_LENGTH,
  type ExplainedToken,
  type Tokenizer,
  type WordExplanation,
} from './tokenizer.ts';
import { WORD_END } from './vocabulary.ts';

interface BpeVocabulary {
  /** Every token, by id; no two alike. */
  readonly tokens: readonly string[];
  /** Which neighbours are joined, those learnt first in front. Both and what they make are in `tokens`. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  /** The token, among `tokens`, for letters that are not. */
  readonly unknown: string;
}

export class BpeTokenizer implements Tokenizer {
  readonly vocabulary: BpeVocabulary;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #findMerge: FindMerge<string>;

  constructor(vocabulary: BpeVocabulary) {
    checkVocabulary(vocabulary);
    this.vocabulary = vocabulary;
    this.#ids = new Map(vocabulary.tokens.map((token, id) => [token, id]));
    this.#findMerge = findInList(vocabulary.merges);
  }

  get vocabularySize(): number {
    return this.vocabulary.tokens.length;
  }

  /** @param dropout leaves out merges at random, for training */
  encode(text: string, dropout?: Dropout): number[] {
    checkTextLength('encode', text);
    return splitWords(text).flatMap((word) =>
      mergePieces(splitLetters(word), this.#findMerge, { dropout }).map((piece) => this.#idOf(piece)),
    );
  }

  decode(tokens: ArrayLike<number>): string {
    return lookUpTokens(tokens, this.vocabulary.tokens)
      .map((token) => (token.endsWith(WORD_END) ? `${token.slice(0, -WORD_END.length)} ` : token))
      .join('')
      .trimEnd();
  }

  explain(text: string): WordExplanation[] {
    checkTextLength('explain', text, MAX_EXPLAINED_LENGTH);
    const identify = (piece: string): ExplainedToken => {
      const id = this.#idOf(piece);
      return { id, text: this.vocabulary.tokens[id]! };
    };
    return splitWords(text).map((word) => explainWord(word, splitLetters(word), this.#findMerge, identify));
  }

  #idOf(piece: string): number {
    return this.#ids.get(piece) ?? this.#ids.get(this.vocabulary.unknown)!;
  }
}

/** Throws UsageError `E_ARGUMENT`. */
function checkVocabulary(vocabulary: BpeVocabulary): void {
  checkObject('BpeTokenizer', 'vocabulary', vocabulary);
  const { tokens, merges, unknown } = vocabulary;
  const isText = (value: unknown): boolean => typeof value === 'string';
  checkEach('BpeTokenizer', 'tokens', 'a text', tokens, isText);
  checkEach(
    'BpeTokenizer',
    'merges',
    'two texts',
    merges,
    (merge) => Array.isArray(merge) && merge.slice(0, 2).every(isText),
  );
  checkText('BpeTokenizer', 'unknown', unknown);
}

/**
 * The lower-cased words of a text. Letter by letter, as Hugging Face's library does it: JavaScript would write a sigma
 * in another form at the end of a word. White space is Unicode's property, which `\s` is not quite.
 */
export function splitWords(text: string): string[] {
  const lowered = Array.from(text, (letter) => letter.toLowerCase()).join('');
  return lowered.split(/\p{White_Space}+/u).filter(Boolean);
}

/** The letters (code points) of a word, the last with `WORD_END`. */
export function splitLetters(word: string): string[] {
  const letters = Array.from(word);
  return letters.map((letter, place) => (place === letters.length - 1 ? letter + WORD_END : letter));
}
