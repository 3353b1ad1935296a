/**
 * Our tokenizer as `tokenizer.json`, in the form of Hugging Face's library, which reads it too: model BPE, words
 * lower-cased and cut at white space, `</w>` at their end. Files of that library with other parts are told apart here
 * and read by foreign.ts.
 *
 * Everything is checked before use: ids without gaps, merges of tokens that make tokens.
 */
import { argumentError } from '../../base/check-argument.ts';
import { parseJson } from '../../base/parse-json.ts';
import { BpeTokenizer } from './bpe.ts';
import {
  BPE_ALGORITHM,
  WORD_END,
  isObject,
  isOfForm,
  MAX_FILE_LENGTH,
  quote,
  readMerges,
  readTokens,
  tokenizerError,
  type JsonObject,
} from './vocabulary.ts';

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

/** The text of `tokenizer.json`: the same vocabulary always gives the same text. */
export function formatTokenizer(tokenizer: BpeTokenizer): string {
  if (!(tokenizer instanceof BpeTokenizer)) throw argumentError('formatTokenizer', 'a BpeTokenizer', tokenizer);
  const { vocabulary } = tokenizer;
  const vocab = Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id]));
  const merges = vocabulary.merges.map((pair) => pair.join(' '));
  return `${JSON.stringify({ ...PIPELINE, model: { ...BPE_ALGORITHM, unk_token: vocabulary.unknown, vocab, merges } })}\n`;
}

/** The object that the text of a `tokenizer.json` holds; `E_TOKENIZER_FILE` if it does not, or is far too long. */
export function parseTokenizerJson(text: string): JsonObject {
  if (text.length > MAX_FILE_LENGTH)
    throw tokenizerError(`it has ${text.length} letters and may have ${MAX_FILE_LENGTH}`);
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
  return isOfForm(json, PIPELINE, BPE_ALGORITHM);
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
