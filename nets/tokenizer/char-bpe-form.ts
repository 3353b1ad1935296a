/**
 * minDALL-E's vocabulary as the `tokenizer.json` that Hugging Face's library writes for it: a CharBPETokenizer with
 * `lowercase`, `[UNK]` and `[PAD]`.
 */
import {
  BPE_ALGORITHM,
  checkToken,
  isObject,
  isOfForm,
  isSame,
  quote,
  readMerges,
  readTokens,
  tokenizerError,
  WORD_END,
  type JsonObject,
  type Merge,
} from './vocabulary.ts';

const UNKNOWN = '[UNK]';
export const PAD = '[PAD]';

/** What surrounds the model. A file that says anything else is of another form. */
const CHAR_BPE_PIPELINE: JsonObject = {
  version: '1.0',
  truncation: null,
  padding: null,
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: false },
      { type: 'Lowercase' },
    ],
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: null,
  decoder: { type: 'BPEDecoder', suffix: WORD_END },
};

/** A token that is found in a text as it is, before anything is done to it, but for its id and text. */
const ADDED_TOKEN: JsonObject = {
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
};

export interface CharBpeVocabulary {
  /** Every token, by id: of the vocabulary, then those that were added to it. */
  readonly tokens: readonly string[];
  readonly merges: readonly Merge[];
  readonly unknown: string;
  /** Tokens that are found in a text as they are. */
  readonly added: readonly string[];
}

/** As many as anybody adds; the rest of the text is searched for each. */
const MAX_ADDED = 16;

/** Whether a `tokenizer.json` is of this form, whatever its vocabulary. */
export function isCharBpe({ added_tokens: added, ...json }: JsonObject): boolean {
  if (!Array.isArray(added) || added.length > MAX_ADDED) return false;
  const isPlain = (token: unknown): boolean =>
    isObject(token) && isSame({ ...token, id: null, content: null }, ADDED_TOKEN);
  return added.every(isPlain) && isOfForm(json, CHAR_BPE_PIPELINE, BPE_ALGORITHM);
}

/**
 * What such a file holds.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function readCharBpe(json: JsonObject): CharBpeVocabulary {
  const { vocab, merges, unk_token: unknown } = json['model'] as JsonObject;
  const tokens = readTokens(vocab);
  const known = new Set(tokens);
  const ownMerges = readMerges(merges, known);
  if (typeof unknown !== 'string' || !known.has(unknown)) {
    throw tokenizerError(`its unk_token ${quote(unknown)} is not in its vocabulary`);
  }
  const added = (json['added_tokens'] as JsonObject[]).map(({ id, content }): [id: number, content: string] => {
    if (typeof id === 'number' && typeof content === 'string' && content !== '') return [id, content];
    throw tokenizerError(`an added token is ${quote(content)} with the id ${quote(id)}`);
  });
  for (const [id, content] of added.sort(([a], [b]) => a - b)) {
    if (tokens[id] === content) continue;
    if (id !== tokens.length || known.has(content)) {
      throw tokenizerError(`the added token ${quote(content)} has the id ${id}, which is another's or leaves a gap`);
    }
    checkToken(content);
    tokens.push(content);
    known.add(content);
  }
  return { tokens, merges: ownMerges, unknown, added: added.map(([, content]) => content) };
}

/**
 * The JSON of a file for minDALL-E's two.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function writeCharBpe(vocabulary: JsonObject, merges: readonly Merge[]): JsonObject {
  const count = Object.keys(vocabulary).length;
  // Which of the two is first depends on the vocabulary; Hugging Face's library goes by the ids.
  const idOf = (token: string): unknown => (Object.hasOwn(vocabulary, token) ? vocabulary[token] : count);
  const added = [PAD, UNKNOWN].map((content) => ({ id: idOf(content), content, ...ADDED_TOKEN }));
  added.sort((a, b) => Number(a.id) - Number(b.id));
  const model = {
    ...BPE_ALGORITHM,
    unk_token: UNKNOWN,
    vocab: vocabulary,
    merges: merges.map((pair) => [...pair]),
  };
  const json = { ...CHAR_BPE_PIPELINE, added_tokens: added, model };
  readCharBpe(json);
  return json;
}
