/**
 * CLIP's tokenizer, which DALLE-pytorch uses too, from its file `bpe_simple_vocab_16e6.txt`: byte pair encoding over
 * bytes, so that no text is unknown to it. 256 bytes, the same at the end of a word, 48,894 merges and two marks are
 * 49,408 tokens.
 *
 * The text is cleaned as the original does it, with ftfy, twice with HTML's names of characters, then made small; but
 * text that was read in a wrong encoding is not repaired (fix-text.ts).
 */
import { WORD_END } from './vocabulary.ts';
import {
  BYTE_LETTERS,
  CLIP_MARKS,
  listClipTokens,
  MAX_CLIP_MERGES,
  readClipModel,
  type ClipVocabulary,
} from './clip-form.ts';
import { explainWord } from './explain-word.ts';
import { fixText } from './fix-text.ts';
import { findInList, mergePieces, type FindMerge } from './merge-pieces.ts';
import {
  checkTextLength,
  lookUpTokens,
  MAX_EXPLAINED_LENGTH,
  type Tokenizer,
  type WordExplanation,
} from './tokenizer.ts';
import { unescapeHtml } from './unescape-html.ts';
import { readMergeLines, type JsonObject } from './vocabulary.ts';

/**
 * What merges stay within: marks, English endings, letters, single digits, and other signs. The original ignores case,
 * which shows in two letters even when all are small: the long s ends a word as s does, and U+0345 is dropped.
 */
const WORDS: RegExp =
  /<\|startoftext\|>|<\|endoftext\|>|'[s\u017f]|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}\u0345]+/gu;

const LETTER_BYTES: ReadonlyMap<string, number> = new Map(BYTE_LETTERS.map((letter, byte) => [letter, byte]));

/**
 * The tokenizer of the text of a merges file: a line that tells its version, then a merge a line.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function readClipVocabulary(text: string): Tokenizer {
  return new ClipTokenizer(listClipTokens(readMergeLines(text).slice(0, MAX_CLIP_MERGES)));
}

/**
 * The tokenizer of a file's `model`.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function openClip(model: JsonObject): Tokenizer {
  return new ClipTokenizer(readClipModel(model));
}

class ClipTokenizer implements Tokenizer {
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #findMerge: FindMerge<string>;

  constructor({ tokens, merges }: ClipVocabulary) {
    this.#tokens = tokens;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.#findMerge = findInList(merges);
  }

  get vocabularySize(): number {
    return this.#tokens.length;
  }

  encode(text: string): number[] {
    checkTextLength('encode', text);
    return splitWords(text).flatMap((word) =>
      mergePieces(splitLetters(word), this.#findMerge).map((piece) => this.#ids.get(piece)!),
    );
  }

  decode(tokens: ArrayLike<number>): string {
    const bytes = lookUpTokens(tokens, this.#tokens).flatMap((token) => {
      const isLast = token.endsWith(WORD_END);
      const letters = Array.from(isLast ? token.slice(0, -WORD_END.length) : token);
      return [...letters.map((letter) => LETTER_BYTES.get(letter)!), ...(isLast ? [0x20] : [])];
    });
    return new TextDecoder().decode(Uint8Array.from(bytes)).trimEnd();
  }

  explain(text: string): WordExplanation[] {
    checkTextLength('explain', text, MAX_EXPLAINED_LENGTH);
    return splitWords(text).map((word) =>
      explainWord(word, splitLetters(word), this.#findMerge, (piece) => ({ id: this.#ids.get(piece)!, text: piece })),
    );
  }
}

function splitWords(text: string): string[] {
  const plain = unescapeHtml(unescapeHtml(fixText(text)));
  return plain.toLowerCase().match(WORDS) ?? [];
}

/** The bytes of a word's UTF-8 as letters, the last with `WORD_END`. A mark stays. */
function splitLetters(word: string): string[] {
  if (CLIP_MARKS.includes(word)) return [word];
  const letters = Array.from(new TextEncoder().encode(word), (byte) => BYTE_LETTERS[byte]!);
  letters.push(letters.pop()! + WORD_END);
  return letters;
}
