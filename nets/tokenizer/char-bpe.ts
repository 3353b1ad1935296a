/**
 * minDALL-E's tokenizer, which Hugging Face's library calls a CharBPETokenizer: control characters are dropped, letters
 * become small and keep their accents, Chinese characters and signs are words by themselves, and words are merged as
 * those of bpe.ts. The same results as that library gives, whose tables are those of Unicode 8.
 */
import { splitLetters } from './bpe.ts';
import { WORD_END } from './vocabulary.ts';
import { PAD, readCharBpe, type CharBpeVocabulary } from './char-bpe-form.ts';
import { explainWord } from './explain-word.ts';
import { findInList, mergePieces, type FindMerge } from './merge-pieces.ts';
import {
  checkTextLength,
  lookUpTokens,
  MAX_EXPLAINED_LENGTH,
  type ExplainedToken,
  type Tokenizer,
  type WordExplanation,
} from './tokenizer.ts';
import type { JsonObject } from './vocabulary.ts';

/** Control characters, but for those that Unicode has as such since. */
const DROPPED = /(?![\t\n\r\u0890\u0891\u08e2\u{110cd}\u{13430}-\u{1343f}])[\p{Cc}\p{Cf}\p{Co}\p{Surrogate}\ufffd]/gu;
const CHINESE =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
/** Signs that Unicode has, or counts as such, since; they stay within words. */
const LATER_SIGNS =
  '\\u061d\\u09fd\\u0a76\\u0c77\\u0c84\\u1b4e\\u1b4f\\u1b7d-\\u1b7f\\u2e43-\\u2e4f\\u2e52-\\u2e5d\\u{10d6e}\\u{10ead}' +
  '\\u{10ed0}\\u{10f55}-\\u{10f59}\\u{10f86}-\\u{10f89}\\u{113d4}-\\u{113d8}\\u{1144b}-\\u{1145d}\\u{11660}-\\u{1166c}' +
  '\\u{116b9}\\u{1183b}\\u{11944}-\\u{11946}\\u{119e2}\\u{11a3f}-\\u{11aa2}\\u{11b00}-\\u{11b09}\\u{11be1}' +
  '\\u{11c41}-\\u{11c71}\\u{11ef7}\\u{11ef8}\\u{11f43}-\\u{11f4f}\\u{11fff}\\u{12ff1}\\u{12ff2}\\u{16d6d}-\\u{16d6f}' +
  '\\u{16e97}-\\u{16e9a}\\u{16fe2}\\u{1e5ff}\\u{1e95e}\\u{1e95f}';
/** A sign, or a word up to the next one. */
const WORDS = new RegExp(
  `(?![${LATER_SIGNS}])[!-/:-@[-\`{-~\\p{P}\\u166d\\u{111c9}]|` +
    `(?:[${LATER_SIGNS}]|[^\\p{White_Space}!-/:-@[-\`{-~\\p{P}\\u166d\\u{111c9}])+`,
  'gu',
);

/**
 * The tokenizer of a file of this form.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function openCharBpe(json: JsonObject): Tokenizer {
  return new CharBpeTokenizer(readCharBpe(json));
}

class CharBpeTokenizer implements Tokenizer {
  readonly pad?: number;
  readonly #vocabulary: CharBpeVocabulary;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #findMerge: FindMerge<string>;
  readonly #added: RegExp | undefined;

  constructor(vocabulary: CharBpeVocabulary) {
    const { tokens, merges, added } = vocabulary;
    this.#vocabulary = vocabulary;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.#findMerge = findInList(merges);
    // The longest that begins at a place is found.
    const longest = added.toSorted((a, b) => b.length - a.length).map(escapeSigns);
    this.#added = longest.length > 0 ? new RegExp(`(${longest.join('|')})`, 'u') : undefined;
    if (added.includes(PAD)) this.pad = this.#ids.get(PAD)!;
  }

  get vocabularySize(): number {
    return this.#vocabulary.tokens.length;
  }

  encode(text: string): number[] {
    checkTextLength('encode', text);
    return this.#splitWords(text).flatMap(({ letters }) =>
      mergePieces(letters, this.#findMerge).map((piece) => this.#identify(piece).id),
    );
  }

  /** Without added tokens, those of unknown letters among them. */
  decode(tokens: ArrayLike<number>): string {
    const { added, tokens: all } = this.#vocabulary;
    return lookUpTokens(tokens, all)
      .filter((token) => !added.includes(token))
      .map((token) => token.replaceAll(WORD_END, ' '))
      .join('')
      .replace(/ $/, '');
  }

  explain(text: string): WordExplanation[] {
    checkTextLength('explain', text, MAX_EXPLAINED_LENGTH);
    return this.#splitWords(text).map(({ word, letters }) =>
      explainWord(word, letters, this.#findMerge, (piece) => this.#identify(piece)),
    );
  }

  /** An added token is a word of one letter. */
  #splitWords(text: string): { readonly word: string; readonly letters: readonly string[] }[] {
    // Every second part is one.
    const parts = this.#added ? text.split(this.#added) : [text];
    return parts.flatMap((part, place) =>
      place % 2 === 1
        ? [{ word: part, letters: [part] }]
        : splitPlain(part).map((word) => ({ word, letters: splitLetters(word) })),
    );
  }

  #identify(piece: string): ExplainedToken {
    const { tokens, unknown } = this.#vocabulary;
    const id = this.#ids.get(piece) ?? this.#ids.get(unknown)!;
    return { id, text: tokens[id]! };
  }
}

function splitPlain(text: string): string[] {
  const spaced = text.replace(DROPPED, '').replace(CHINESE, ' $& ');
  // Letter by letter: JavaScript would write a sigma in another form at the end of a word.
  const lowered = Array.from(spaced, (letter) => letter.toLowerCase()).join('');
  return lowered.match(WORDS) ?? [];
}

function escapeSigns(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
