/**
 * The tokenizer of min-dalle (kuprel/min-dalle, `text_tokenizer.py`): emoji become their names, letters become small,
 * whatever is not ASCII is dropped, and words are what single spaces separate. A word is merged letter by letter with a
 * letter for the space before it. What is no token is `<unk>`.
 *
 * The files are BART's, or trained in its manner; BART's own tokenizer and that of DALL·E mini give other tokens.
 */
import { explainWord } from './explain-word.ts';
import { findInList, mergePieces, type FindMerge } from './merge-pieces.ts';
import { readMinDalleModel, SPACE_LETTER, UNKNOWN, type MinDalleVocabulary } from './min-dalle-form.ts';
import { createEmojiNamer } from './name-emoji.ts';
import {
  checkTextLength,
  lookUpTokens,
  MAX_EXPLAINED_LENGTH,
  MAX_TEXT_LENGTH,
  type ExplainedToken,
  type Tokenizer,
  type WordExplanation,
} from './tokenizer.ts';
import type { JsonObject } from './vocabulary.ts';

/** Around a caption, and none of its words. */
const MARKS: readonly string[] = ['<s>', '<pad>', '</s>'];

/**
 * The tokenizer of a file's `model`.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function openMinDalle(model: JsonObject): Tokenizer {
  return new MinDalleTokenizer(readMinDalleModel(model));
}

class MinDalleTokenizer implements Tokenizer {
  readonly vocabularySize: number;
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #findMerge: FindMerge<string>;
  readonly #nameEmoji = createEmojiNamer();

  constructor({ tokens, merges, size }: MinDalleVocabulary) {
    this.vocabularySize = size;
    this.#tokens = tokens;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.#findMerge = findInList(merges);
  }

  encode(text: string): number[] {
    checkTextLength('encode', text);
    return this.#splitWords('encode', text, MAX_TEXT_LENGTH).flatMap((word) =>
      mergePieces(splitLetters(word), this.#findMerge).map((piece) => this.#identify(piece).id),
    );
  }

  decode(tokens: ArrayLike<number>): string {
    return lookUpTokens(tokens, this.#tokens)
      .filter((token) => !MARKS.includes(token))
      .join('')
      .replaceAll(SPACE_LETTER, ' ')
      .trimStart();
  }

  explain(text: string): WordExplanation[] {
    checkTextLength('explain', text, MAX_EXPLAINED_LENGTH);
    const words = this.#splitWords('explain', text, MAX_EXPLAINED_LENGTH);
    return words.map((word) =>
      explainWord(word, splitLetters(word), this.#findMerge, (piece) => this.#identify(piece)),
    );
  }

  #splitWords(caller: string, text: string, limit: number): string[] {
    const named = this.#nameEmoji(text);
    // The name of an emoji is up to fifty times as long.
    checkTextLength(caller, named, limit);
    const lowered = named.toLowerCase();
    return lowered
      .replace(/[^\0-\x7f]/g, '')
      .split(' ')
      .filter(Boolean);
  }

  #identify(piece: string): ExplainedToken {
    const id = this.#ids.get(piece) ?? this.#ids.get(UNKNOWN)!;
    return { id, text: this.#tokens[id]! };
  }
}

function splitLetters(word: string): string[] {
  return [SPACE_LETTER, ...word];
}
