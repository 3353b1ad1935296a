/**
 * Learning merges from captions: count all neighbours in all words, join the most frequent two everywhere, and again,
 * until the vocabulary is full or every word is one piece. Of equally frequent pairs the one that sorts first is
 * taken, so the same captions always give the same vocabulary, in whatever order they come.
 *
 * Only the words that hold the joined pair are counted again, so 16,384 tokens from a million words take seconds.
 */
import { argumentError, checkObject, describeValue } from '../../base/check-argument.ts';
import { UsageError } from '../../base/errors.ts';
import { BpeTokenizer, splitLetters, splitWords } from './bpe.ts';
import { WORD_END } from './vocabulary.ts';
import { Heap } from './heap.ts';
import { pairKey } from './merge-pieces.ts';
import { checkTextLength } from './tokenizer.ts';

const UNKNOWN = '<unk>';

/** What a vocabulary is to be like. */
export interface TrainBpeOptions {
  /** Tokens at most: `<unk>`, two for each letter (within and at the end of a word), and one for each merge. */
  readonly vocabularySize: number;
}

/**
 * A tokenizer for captions like these.
 *
 * @throws UsageError `E_VOCABULARY_SIZE` if the letters alone are more, `E_TEXT_TOO_LONG` for what is no caption
 */
export function trainBpe(captions: Iterable<string>, options: TrainBpeOptions): BpeTokenizer {
  if (
    typeof captions === 'string' ||
    ArrayBuffer.isView(captions) ||
    typeof captions?.[Symbol.iterator] !== 'function'
  ) {
    throw argumentError('trainBpe', 'captions, a list of texts', captions);
  }
  checkObject('trainBpe', 'options', options);
  const { vocabularySize } = options;
  const counts = countWords(captions);
  const tokens = listLetterTokens(counts.keys());
  if (!Number.isInteger(vocabularySize) || vocabularySize < tokens.length) {
    throw new UsageError(
      'E_VOCABULARY_SIZE',
      `trainBpe: wanted a whole vocabularySize of at least ${tokens.length}, which ${UNKNOWN} and the letters of these ` +
        `captions take, but got ${describeValue(vocabularySize)}. Raise it, or leave out captions in rare scripts.`,
    );
  }
  const known = new Set(tokens);
  const merges = new Map<string, readonly [string, string]>();
  const pairs = new PairCounts([...counts].map(([word, count]) => ({ pieces: splitLetters(word), count })));
  while (known.size < vocabularySize) {
    const pair = pairs.joinMostFrequent();
    if (!pair) break;
    // Two merges can make the same token, "a" + "bc" and "ab" + "c", and thereby bring back a pair that was joined.
    known.add(pair[0] + pair[1]);
    merges.set(pairKey(...pair), pair);
  }
  return new BpeTokenizer({ tokens: [...known], merges: [...merges.values()], unknown: UNKNOWN });
}

function countWords(captions: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const caption of captions) {
    checkTextLength('trainBpe', caption);
    for (const word of splitWords(caption)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** `<unk>`, then each letter in both its forms: any word of known letters can be written with them. */
function listLetterTokens(words: Iterable<string>): string[] {
  const letters = new Set<string>();
  for (const word of words) for (const letter of word) letters.add(letter);
  return [UNKNOWN, ...[...letters].sort().flatMap((letter) => [letter, letter + WORD_END])];
}

interface CountedWord {
  pieces: readonly string[];
  readonly count: number;
}

interface CountedPair {
  readonly count: number;
  readonly key: string;
}

/** How often each pair of neighbours occurs in the words, and which words have it. */
class PairCounts {
  readonly #words: readonly CountedWord[];
  readonly #counts = new Map<string, number>();
  readonly #holders = new Map<string, Set<CountedWord>>();
  // An entry may be out of date: what counts is #counts.
  readonly #queue = new Heap<CountedPair>((a, b) => a.count > b.count || (a.count === b.count && a.key < b.key));

  constructor(words: readonly CountedWord[]) {
    this.#words = words;
    for (const word of this.#words) this.#add(word, word.count);
    for (const [key, count] of this.#counts) this.#queue.push({ count, key });
  }

  /** Joins the most frequent pair in every word; undefined if no word has two pieces. */
  joinMostFrequent(): [left: string, right: string] | undefined {
    for (let entry = this.#queue.pop(); entry; entry = this.#queue.pop()) {
      const { key } = entry;
      const count = this.#counts.get(key) ?? 0;
      if (count === entry.count) {
        const [left, right] = key.split(' ') as [string, string];
        this.#join(left, right);
        return [left, right];
      }
      if (count > 0) this.#queue.push({ count, key });
    }
    return undefined;
  }

  #join(left: string, right: string): void {
    const changed = new Set<string>();
    for (const word of this.#holders.get(pairKey(left, right))!) {
      const pieces = joinPair(word.pieces, left, right);
      // It held the pair once, and has lost it to another merge since.
      if (pieces.length === word.pieces.length) continue;
      this.#add(word, -word.count);
      word.pieces = pieces;
      for (const key of this.#add(word, word.count)) changed.add(key);
    }
    this.#counts.delete(pairKey(left, right));
    this.#holders.delete(pairKey(left, right));
    for (const key of changed) this.#queue.push({ count: this.#counts.get(key)!, key });
  }

  /** Adds `count` for each pair of the word, and returns the pairs. */
  #add(word: CountedWord, count: number): string[] {
    const keys = word.pieces.slice(1).map((right, place) => pairKey(word.pieces[place]!, right));
    for (const key of keys) {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
      const holders = this.#holders.get(key);
      if (holders) holders.add(word);
      else this.#holders.set(key, new Set([word]));
    }
    return keys;
  }
}

function joinPair(pieces: readonly string[], left: string, right: string): string[] {
  const joined: string[] = [];
  for (let place = 0; place < pieces.length; place++) {
    const isPair = pieces[place] === left && pieces[place + 1] === right;
    joined.push(isPair ? left + right : pieces[place]!);
    if (isPair) place++;
  }
  return joined;
}
