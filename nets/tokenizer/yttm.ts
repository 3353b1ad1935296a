/**
 * The tokenizer of YouTokenToMe (VKCOM/YouTokenToMe), which ruDALL-E and some of DALLE-pytorch's models use: words are
 * what the white space of ASCII separates, each begins with a letter for the space before it, and merges are done in
 * the order of their list. Letters in a row that are unknown are one unknown token.
 */
import { explainWord } from './explain-word.ts';
import { mergePieces, type FindMerge } from './merge-pieces.ts';
import {
  checkTextLength,
  lookUpTokens,
  MAX_EXPLAINED_LENGTH,
  type ExplainedToken,
  type Tokenizer,
  type WordExplanation,
} from './tokenizer.ts';
import type { JsonObject } from './vocabulary.ts';
import { readYttmModel, WORD_START, type YttmVocabulary } from './yttm-form.ts';

const UNKNOWN = -1;

/** A token, or a run of letters that are none. */
interface Piece {
  readonly id: number;
  readonly text: string;
}

/** What Python takes for white space at the ends of a text; JavaScript's is not quite the same. */
const EDGES =
  /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

/**
 * The tokenizer of a file's `model`.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function openYttm(model: JsonObject): Tokenizer {
  return new YttmTokenizer(readYttmModel(model));
}

class YttmTokenizer implements Tokenizer {
  readonly #vocabulary: YttmVocabulary;
  readonly #findMerge: FindMerge<Piece>;

  constructor(vocabulary: YttmVocabulary) {
    this.#vocabulary = vocabulary;
    this.#findMerge = findById(vocabulary);
  }

  get vocabularySize(): number {
    return this.#vocabulary.tokens.length;
  }

  encode(text: string): number[] {
    checkTextLength('encode', text);
    return this.#splitWords(text).flatMap((word) =>
      mergePieces(this.#splitLetters(word), this.#findMerge).map((piece) => this.#identify(piece).id),
    );
  }

  /** Without tokens that are no text, unknown ones among them, as ruDALL-E has it. */
  decode(tokens: ArrayLike<number>): string {
    const { special, tokens: texts } = this.#vocabulary;
    const hidden = new Set(Object.values(special));
    const pieces = lookUpTokens(tokens, texts).filter((_, place) => !hidden.has(tokens[place]!));
    const text = pieces.map((piece) => (piece.startsWith(WORD_START) ? ` ${piece.slice(1)}` : piece)).join('');
    return text.startsWith(' ') ? text.slice(1) : text;
  }

  explain(text: string): WordExplanation[] {
    checkTextLength('explain', text, MAX_EXPLAINED_LENGTH);
    const show = (piece: Piece): string => piece.text;
    return this.#splitWords(text).map((word) =>
      explainWord(word, this.#splitLetters(word), this.#findMerge, (piece) => this.#identify(piece), show),
    );
  }

  #splitWords(text: string): string[] {
    const plain = this.#vocabulary.lowercase ? text.toLowerCase().replace(EDGES, '') : text;
    // Halves of surrogate pairs have no bytes in UTF-8, which the original reads.
    const whole = plain.replace(/\p{Surrogate}/gu, '');
    return whole.split(/[\t-\r \u2581]+/).filter(Boolean);
  }

  #splitLetters(word: string): Piece[] {
    const { letters } = this.#vocabulary;
    const pieces: Piece[] = [];
    for (const letter of WORD_START + word) {
      const id = letters.get(letter) ?? UNKNOWN;
      const last = pieces.at(-1);
      if (id === UNKNOWN && last?.id === UNKNOWN) pieces[pieces.length - 1] = { id, text: last.text + letter };
      else pieces.push({ id, text: letter });
    }
    return pieces;
  }

  #identify({ id }: Piece): ExplainedToken {
    const { special, tokens } = this.#vocabulary;
    const own = id === UNKNOWN ? special.unk : id;
    return { id: own, text: tokens[own]! };
  }
}

function findById({ merges, tokens }: YttmVocabulary): FindMerge<Piece> {
  const key = (left: number, right: number): number => left * tokens.length + right;
  const found = new Map(
    merges.map(([left, right, joined], rank) => [
      key(left, right),
      { rank, joined: { id: joined, text: tokens[joined]! } },
    ]),
  );
  return (left, right) => (left.id === UNKNOWN || right.id === UNKNOWN ? undefined : found.get(key(left.id, right.id)));
}
