/**
 * Our tokenizer as `tokenizer.json`, in the form of Hugging Face's library, which reads it too: model BPE, words
 * lower-cased and cut at white space, `</w>` at their end. Files of that library with other parts are told apart here
 * and read by foreign.ts.
 *
 * Everything is checked before use: ids without gaps, merges of tokens that make tokens.
 */
import { argumentError } from '../../base/check-argument.ts';
import { FormatError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { BpeTokenizer, WORD_END, type BpeVocabulary } from './bpe.ts';

/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** UTF-16 units of a tokenizer.json that is read at all; one of a quarter of a million tokens has half as many. */
export const MAX_JSON_LENGTH: number = 16 * 1024 * 1024;

/** Letters of a token; the longest that any vocabulary has are a few hundred spaces. */
const MAX_TOKEN_LENGTH = 4096;

/** What surrounds vocabulary and merges. A file that says anything else is of another form. */
const PIPELINE: JsonObject = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: { type: 'BPEDecoder', suffix: WORD_END },
};

const ALGORITHM: JsonObject = {
  type: 'BPE',
  dropout: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: WORD_END,
  fuse_unk: false,
  byte_fallback: false,
};

/** The text of `tokenizer.json`: the same vocabulary always gives the same text. */
export function formatTokenizer(tokenizer: BpeTokenizer): string {
  if (!(tokenizer instanceof BpeTokenizer)) throw argumentError('formatTokenizer', 'a BpeTokenizer', tokenizer);
  const { vocabulary } = tokenizer;
  const vocab = Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id]));
  const merges = vocabulary.merges.map((pair) => pair.join(' '));
  return `${JSON.stringify({ ...PIPELINE, model: { ...ALGORITHM, unk_token: vocabulary.unknown, vocab, merges } })}\n`;
}

/** The object that the text of a `tokenizer.json` holds; `E_TOKENIZER_FILE` if it does not, or is far too long. */
export function parseTokenizerJson(text: string): JsonObject {
  if (text.length > MAX_JSON_LENGTH)
    throw tokenizerError(`it has ${text.length} letters and may have ${MAX_JSON_LENGTH}`);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    if (cause instanceof RangeError) throw tokenizerError(cause.message, cause);
    throw tokenizerError(`it is not JSON and begins with ${JSON.stringify(text.slice(0, 40))}`, cause);
  }
  if (isObject(value) && isObject(value['model'])) return value;
  throw tokenizerError('it is JSON without a `model`, as if it were another file of the model');
}

/** Whether a `tokenizer.json` is of our own form, whatever its vocabulary. */
export function isOwnForm(json: JsonObject): boolean {
  const { model, ...pipeline } = json;
  const algorithm: JsonObject = { ...(model as JsonObject), unk_token: null, vocab: null, merges: null };
  const { unk_token: unknown } = model as JsonObject;
  return typeof unknown === 'string' && isSame(pipeline, PIPELINE) && isSame(algorithm, ALGORITHM);
}

/**
 * The tokenizer of a file of our own form.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function readOwnTokenizer(json: JsonObject): BpeTokenizer {
  const { vocab, merges, unk_token: unknown } = json['model'] as JsonObject;
  const tokens = readTokens(vocab);
  const known = new Set(tokens);
  if (typeof unknown !== 'string' || !known.has(unknown)) {
    throw tokenizerError(`its unk_token ${quote(unknown)} is not in its vocabulary`);
  }
  return new BpeTokenizer({ tokens, merges: readMerges(merges, known), unknown });
}

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
      `form or CLIP's bpe_simple_vocab_16e6.txt. Was it edited or cut short? Fetch it again.`,
    { cause },
  );
}

function readTokens(vocab: unknown): string[] {
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

function readMerges(merges: unknown, known: ReadonlySet<string>): BpeVocabulary['merges'] {
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

function isSame(fields: JsonObject, form: JsonObject): boolean {
  const names = [...Object.keys(fields), ...Object.keys(form)];
  return names.every((name) => flatten(fields[name]) === flatten(form[name]));
}

/** A value in one line. False, empty and absent say the same; what is nested deeper is in none of our own files. */
function flatten(value: unknown): string {
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (!isObject(value)) return String(value || null);
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${isPlain(field) ? String(field) : '…'}`);
  return fields.sort().join();
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function isObject(value: unknown): value is JsonObject {
  return !isPlain(value) && !Array.isArray(value);
}

/** A value of the file, short enough for a message. */
export function quote(value: unknown): string {
  return isPlain(value)
    ? JSON.stringify(typeof value === 'string' ? value.slice(0, 40) : (value ?? null))
    : 'no plain value';
}
