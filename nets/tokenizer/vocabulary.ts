/**
 * What tokenizer files are made of, whoever wrote them: tokens with ids without gaps, and merges of tokens that make
 * tokens. Everything is checked before use, here, for reading a tokenizer as well as for converting one.
 *
 * Pure, and knows no tokenizer.
 */
import { FormatError } from '../../base/errors.ts';

/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Two neighbours that are joined. */
export type Merge = readonly [left: string, right: string];

/** Bytes, or UTF-16 units, of a file that is read at all; a quarter of a million tokens take half as many. */
export const MAX_FILE_LENGTH: number = 16 * 1024 * 1024;

/** Tokens, or merges, of a file of others; CLIP's list of merges has half as many. */
export const MAX_ENTRIES: number = 2 ** 19;

/** A list of merges as others write it, a pair a line: the first line says which version it is. */
export const MERGES_FILE: RegExp = /^[^\n{]{0,100}#version/;

/** Letters of a token; the longest that any vocabulary has are a few hundred spaces. */
const MAX_TOKEN_LENGTH = 4096;

/** Throws `E_TOKENIZER_FILE` for one so long that the text of a few of them would be without end. */
export function checkToken(token: string): void {
  if (token.length <= MAX_TOKEN_LENGTH) return;
  throw tokenizerError(`token ${quote(token)}… has ${token.length} letters and may have ${MAX_TOKEN_LENGTH}`);
}

/** An error about a file that is no tokenizer, or not one that can be used. */
export function tokenizerError(what: string, cause?: unknown): FormatError {
  return new FormatError(
    'E_TOKENIZER_FILE',
    `openTokenizer: this is not a tokenizer that dalle-gl can use: ${what}. Wanted is a tokenizer.json of Hugging Face's ` +
      `form or of ours, or CLIP's bpe_simple_vocab_16e6.txt. Was it edited or cut short? Fetch it again.`,
    { cause },
  );
}

/** The tokens of an object of ids, by id. */
export function readTokens(vocab: unknown): string[] {
  if (!isObject(vocab)) throw tokenizerError('its vocabulary is not an object of ids');
  const tokens: string[] = [];
  const entries = Object.entries(vocab);
  for (const [token, id] of entries) {
    const isFree = typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < entries.length && !(id in tokens);
    if (!isFree) {
      throw tokenizerError(
        `its ids should be 0 … ${entries.length - 1}, once each; that of ${quote(token)} is ${quote(id)}`,
      );
    }
    checkToken(token);
    tokens[id] = token;
  }
  return tokens;
}

/** Merges that are all of `known` tokens and make one. */
export function readMerges(merges: unknown, known: ReadonlySet<string>): Merge[] {
  if (!Array.isArray(merges)) throw tokenizerError('its merges are not a list');
  return merges.map((merge: unknown, rank) => {
    // Older files have "a b", newer ones ["a", "b"].
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right, ...more]: unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof left !== 'string' || typeof right !== 'string' || more.length > 0) {
      throw tokenizerError(`merge ${rank} is not of two pieces`);
    }
    const lacking = [left, right, left + right].find((piece) => !known.has(piece));
    if (lacking !== undefined)
      throw tokenizerError(`merge ${rank} needs ${quote(lacking)}, which is not in its vocabulary`);
    return [left, right] as const;
  });
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

export function isObject(value: unknown): value is JsonObject {
  return !isPlain(value) && !Array.isArray(value);
}

/** A value of the file, short enough for a message. */
export function quote(value: unknown): string {
  return isPlain(value)
    ? JSON.stringify(typeof value === 'string' ? value.slice(0, 40) : (value ?? null))
    : 'no plain value';
}

/** The pairs of the text of such a list; an empty line may end it. */
export function readMergeLines(text: string): Merge[] {
  // A line that is short takes many times its length.
  for (let at = -1, count = 0; (at = text.indexOf('\n', at + 1)) >= 0; count++) {
    if (count > MAX_ENTRIES) throw tokenizerError(`it has more than ${MAX_ENTRIES} merges`);
  }
  const lines = text.split('\n').slice(1);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => {
    const [left, right, ...more] = line.trim().split(/\s+/);
    if (left && right && more.length === 0) return [left, right] as const;
    throw tokenizerError(`line ${index + 2} of its merges is not of two pieces`);
  });
}

/** Whether a `tokenizer.json` says what a form says, whatever its vocabulary. */
export function isOfForm(json: JsonObject, pipeline: JsonObject, algorithm: JsonObject): boolean {
  const { model, ...others } = json;
  const { unk_token: unknown } = model as JsonObject;
  const plain = { ...(model as JsonObject), unk_token: null, vocab: null, merges: null };
  return typeof unknown === 'string' && isSame(others, pipeline) && isSame(plain, algorithm);
}

/** False, empty and absent say the same. No deeper than the form is. */
export function isSame(value: unknown, form: unknown): boolean {
  if (Array.isArray(form)) {
    return (
      Array.isArray(value) && value.length === form.length && form.every((item, place) => isSame(value[place], item))
    );
  }
  if (!isObject(form)) return isPlain(value) && (value || null) === (form || null);
  if (!isObject(value)) return false;
  return [...Object.keys(value), ...Object.keys(form)].every((name) => isSame(value[name], form[name]));
}

/** What the last piece of a word ends with, so that "cat" alone and "cat" in "catch" are two tokens. */
export const WORD_END = '</w>';

/** Byte pair encoding as Hugging Face's library writes it, but for vocabulary, merges and unknown token. */
export const BPE_ALGORITHM: JsonObject = {
  type: 'BPE',
  dropout: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: WORD_END,
  fuse_unk: false,
  byte_fallback: false,
};
