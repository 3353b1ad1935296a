/**
 * CLIP's tokenizer, which DALLE-pytorch uses too, from its file `bpe_simple_vocab_16e6.txt`: byte pair encoding over
 * bytes, so that no text is unknown to it. 256 bytes, the same at the end of a word, 48,894 merges and two marks are
 * 49,408 tokens.
 *
 * The original first repairs broken encodings with the package ftfy and replaces HTML entities such as `&amp;`. Here
 * neither is done: text is taken as it is. Otherwise the results are the same.
 */
import { WORD_END } from './bpe.ts';
import { explainWord } from './explain-word.ts';
import { findInList, mergePieces, type FindMerge } from './merge-pieces.ts';
import { checkToken, quote, readMergeLines, tokenizerError } from './vocabulary.ts';
import {
  checkTextLength,
  lookUpTokens,
  MAX_EXPLAINED_LENGTH,
  type Tokenizer,
  type WordExplanation,
} from './tokenizer.ts';

/** The file has more merges than are used. */
const MAX_MERGES = 48_894;
const MARKS: readonly string[] = ['<|startoftext|>', '<|endoftext|>'];
/**
 * What merges stay within: marks, English endings, letters, single digits, and other signs. The original ignores case,
 * which shows in two letters even when all are small: the long s ends a word as s does, and U+0345 is dropped.
 */
const WORDS: RegExp =
  /<\|startoftext\|>|<\|endoftext\|>|'[s\u017f]|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}\u0345]+/gu;

/** For each byte the letter that stands for it, and the other way round. */
const BYTE_LETTERS: readonly string[] = listByteLetters();
const LETTER_BYTES: ReadonlyMap<string, number> = new Map(BYTE_LETTERS.map((letter, byte) => [letter, byte]));

/**
 * The tokenizer of the text of a merges file: a line that tells its version, then a merge a line.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function readClipVocabulary(text: string): Tokenizer {
  const merges = readMergeLines(text).slice(0, MAX_MERGES);
  // The ids of the bytes are not in the order of the bytes, but of their letters.
  const letters = [...BYTE_LETTERS].sort();
  const tokens = new Set([...letters, ...letters.map((letter) => letter + WORD_END)]);
  for (const [left, right] of merges) {
    if (!tokens.has(left) || !tokens.has(right))
      throw tokenizerError(`a merge of ${quote(left)} and ${quote(right)} precedes its pieces`);
    // Each may be twice as long as the one before.
    checkToken(left + right);
    tokens.add(left + right);
  }
  return new ClipTokenizer([...tokens, ...MARKS], merges);
}

class ClipTokenizer implements Tokenizer {
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #findMerge: FindMerge<string>;

  constructor(tokens: readonly string[], merges: readonly (readonly [string, string])[]) {
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
  return text.toLowerCase().match(WORDS) ?? [];
}

/**
 * The bytes of a word's UTF-8 as letters, the last with `WORD_END`. Half a surrogate pair becomes U+FFFD. A mark stays.
 */
function splitLetters(word: string): string[] {
  if (MARKS.includes(word)) return [word];
  const letters = Array.from(new TextEncoder().encode(word), (byte) => BYTE_LETTERS[byte]!);
  letters.push(letters.pop()! + WORD_END);
  return letters;
}

/**
 * Bytes that Latin-1 prints stand for themselves, the other 68 are given letters from U+0100 on: no piece has a space.
 */
function listByteLetters(): string[] {
  let given = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrinted = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCharCode(isPrinted ? byte : 0x100 + given++);
  });
}
