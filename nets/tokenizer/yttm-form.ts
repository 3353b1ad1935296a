/**
 * YouTokenToMe's model in a `tokenizer.json`, of a form of our own. Its merges are of ids and not of texts, since two
 * tokens may have the same text. In the `model`, besides its `type`: `lowercase`, whether text is made small and
 * trimmed first, as ruDALL-E does; `special`, the ids of four tokens that are no text, -1 for one that is not there;
 * `letters`, the ids of letters; and `merges`, `[left, right, joined]`.
 */
import { checkToken, isObject, quote, tokenizerError, type JsonObject } from './vocabulary.ts';

export const YTTM = 'youtokentome';

/** What stands for the space before a word. */
export const WORD_START = '\u2581';

const SPECIAL = ['unk', 'pad', 'bos', 'eos'] as const;

export interface YttmVocabulary {
  readonly lowercase: boolean;
  readonly special: Readonly<Record<(typeof SPECIAL)[number], number>>;
  readonly letters: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [left: number, right: number, joined: number])[];
  /** The text of each token, by id. */
  readonly tokens: readonly string[];
}

/**
 * What the `model` of such a file holds.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function readYttmModel({ lowercase, special, letters, merges }: JsonObject): YttmVocabulary {
  if (typeof lowercase !== 'boolean') throw tokenizerError('it does not say whether text is made small');
  if (!isObject(special) || !isObject(letters) || !Array.isArray(merges)) {
    throw tokenizerError('special tokens, letters or merges are missing from its model');
  }
  const ids = new IdTable(Object.keys(letters).length + merges.length + SPECIAL.length);
  const marks = SPECIAL.map((name) => [name, ids.addSpecial(name, special[name])] as const);
  const ownLetters = new Map(Object.entries(letters).map(([letter, id]) => [letter, ids.addLetter(letter, id)]));
  if (!ownLetters.has(WORD_START))
    throw tokenizerError(`${quote(WORD_START)}, the start of a word, is none of its letters`);
  const ownMerges = merges.map((merge: unknown, rank) => ids.addMerge(rank, merge));
  return {
    lowercase,
    special: Object.fromEntries(marks) as YttmVocabulary['special'],
    letters: ownLetters,
    merges: ownMerges,
    tokens: ids.list(),
  };
}

/** Ids that are given out once each, and in the end without a gap. */
class IdTable {
  readonly #limit: number;
  readonly #texts = new Map<number, string>();
  /** What can be merged: no special token. */
  readonly #parts = new Set<number>();
  readonly #pairs = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  addSpecial(name: string, id: unknown): number {
    if (id === -1 && name !== 'unk') return -1;
    return this.#add(`<${name.toUpperCase()}>`, id);
  }

  addLetter(letter: string, id: unknown): number {
    const [only = '', ...more] = letter;
    if (only === '' || more.length > 0 || /\p{Surrogate}/u.test(only)) {
      throw tokenizerError(`${quote(letter)} is not one letter`);
    }
    const own = this.#add(letter, id);
    this.#parts.add(own);
    return own;
  }

  addMerge(rank: number, merge: unknown): [left: number, right: number, joined: number] {
    const [left, right, joined, ...more] = (Array.isArray(merge) ? merge : []) as unknown[];
    const isKnown = [left, right].every((part) => this.#parts.has(part as number));
    if (!isKnown || more.length > 0) throw tokenizerError(`merge ${rank} is not of two tokens that precede it`);
    const pair = `${String(left)} ${String(right)}`;
    if (this.#pairs.has(pair)) throw tokenizerError(`merge ${rank} joins what another one joins`);
    this.#pairs.add(pair);
    const text = this.#texts.get(left as number)! + this.#texts.get(right as number)!;
    // Each may be twice as long as the one before.
    checkToken(text);
    const own = this.#add(text, joined);
    this.#parts.add(own);
    return [left as number, right as number, own];
  }

  list(): string[] {
    return Array.from({ length: this.#texts.size }, (_, id) => {
      const text = this.#texts.get(id);
      if (text === undefined) throw tokenizerError(`it has ${this.#texts.size} tokens and none with the id ${id}`);
      return text;
    });
  }

  #add(text: string, id: unknown): number {
    const isFree =
      typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < this.#limit && !this.#texts.has(id);
    if (!isFree)
      throw tokenizerError(
        `its ids should be whole, without gaps and once each; that of ${quote(text)} is ${quote(id)}`,
      );
    this.#texts.set(id, text);
    return id;
  }
}
