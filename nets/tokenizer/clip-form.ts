/**
 * CLIP's vocabulary, which follows from its merges: 256 bytes, the same at the end of a word, what each merge makes,
 * and two marks. In a `tokenizer.json` of a form of our own the `model` has, besides its `type`, the `merges`.
 */
import { checkToken, quote, tokenizerError, type JsonObject, type Merge } from './vocabulary.ts';

export const CLIP = 'clip';

export const CLIP_MARKS: readonly string[] = ['<|startoftext|>', '<|endoftext|>'];
const WORD_END = '</w>';
/** The file of the original has more merges than are used. */
export const MAX_CLIP_MERGES = 48_894;

export interface ClipVocabulary {
  readonly tokens: readonly string[];
  readonly merges: readonly Merge[];
}

/** For each byte the letter that stands for it. */
export const BYTE_LETTERS: readonly string[] = listByteLetters();

/**
 * What the `model` of such a file holds.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function readClipModel({ merges }: JsonObject): ClipVocabulary {
  if (!Array.isArray(merges) || merges.length > MAX_CLIP_MERGES) {
    throw tokenizerError(`its merges are not a list of at most ${MAX_CLIP_MERGES}`);
  }
  const pairs = merges.map((merge: unknown, rank): Merge => {
    const [left, right, ...more] = typeof merge === 'string' ? merge.split(' ') : [];
    if (left && right && more.length === 0) return [left, right];
    throw tokenizerError(`merge ${rank} is not of two pieces`);
  });
  return listClipTokens(pairs);
}

/** Tokens and merges of CLIP; throws `E_TOKENIZER_FILE` where a merge is not of pieces that precede it. */
export function listClipTokens(merges: readonly Merge[]): ClipVocabulary {
  // The ids of the bytes are not in the order of the bytes, but of their letters.
  const letters = [...BYTE_LETTERS].sort();
  const tokens = new Set([...letters, ...letters.map((letter) => letter + WORD_END)]);
  for (const [left, right] of merges) {
    if (!tokens.has(left) || !tokens.has(right))
      throw tokenizerError(`a merge of ${quote(left)} and ${quote(right)} precedes its pieces`);
    const token = left + right;
    // Each may be twice as long as the one before.
    checkToken(token);
    // With two ways to a token its ids would be two, and merging one pair at a time not the same as all of a kind.
    if (tokens.has(token)) throw tokenizerError(`two merges make ${quote(token)}`);
    tokens.add(token);
  }
  return { tokens: [...tokens, ...CLIP_MARKS], merges };
}

/** The JSON of a file for these merges; throws `E_TOKENIZER_FILE`. */
export function writeClip(merges: readonly Merge[]): JsonObject {
  const { merges: used } = listClipTokens(merges.slice(0, MAX_CLIP_MERGES));
  return { version: '1.0', model: { type: CLIP, merges: used.map((pair) => pair.join(' ')) } };
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
