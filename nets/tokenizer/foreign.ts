/**
 * Tokenizer files of other forms (WordPiece, Unigram, BPE over bytes, …), read by Hugging Face's own package. It is
 * loaded only when such a file is opened, so that nothing else waits for it or has it in its bundle.
 *
 * Special tokens that the file would add at the ends are left out, as DALLE-pytorch does. The regular expressions of
 * such a file are run as they are: one that was made to be slow is slow, so take these files from whom you trust.
 */
import type { Tokenizer as PackageTokenizer } from '@huggingface/tokenizers';
import { DalleError } from '../../base/errors.ts';
import { tokenizerError, type JsonObject } from './tokenizer-json.ts';
import {
  checkTextLength,
  lookUpTokens,
  MAX_EXPLAINED_LENGTH,
  type Tokenizer,
  type WordExplanation,
} from './tokenizer.ts';

/**
 * The tokenizer that a `tokenizer.json` describes.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 * @throws DalleError `E_TOKENIZER_PACKAGE` if the package `@huggingface/tokenizers` cannot be loaded
 */
export async function openForeignTokenizer(json: JsonObject): Promise<Tokenizer> {
  checkIds(json);
  const { Tokenizer: Package } = await loadPackage();
  return attempt(() => new ForeignTokenizer(new Package(json, {})));
}

class ForeignTokenizer implements Tokenizer {
  readonly #inner: PackageTokenizer;
  readonly #tokens: readonly string[];

  constructor(inner: PackageTokenizer) {
    const tokens: string[] = [];
    for (const [token, id] of inner.get_vocab()) tokens[id] = token;
    if (tokens.length === 0) throw new Error('its vocabulary is empty');
    this.#inner = inner;
    this.#tokens = tokens;
  }

  get vocabularySize(): number {
    return this.#tokens.length;
  }

  encode(text: string): number[] {
    checkTextLength('encode', text);
    return attempt(() => {
      const ids: number[] = this.#inner.encode(text, { add_special_tokens: false }).ids;
      const stranger = ids.find((id) => this.#tokens[id] === undefined);
      if (stranger !== undefined) throw new Error('a part of the text has no token');
      return ids;
    });
  }

  decode(tokens: ArrayLike<number>): string {
    lookUpTokens(tokens, this.#tokens);
    if (tokens.length === 0) return '';
    return attempt(() => this.#inner.decode(Array.from(tokens), { skip_special_tokens: true }));
  }

  explain(text: string): WordExplanation[] {
    checkTextLength('explain', text, MAX_EXPLAINED_LENGTH);
    const tokens = this.encode(text).map((id) => ({ id, text: this.#tokens[id]! }));
    return tokens.length > 0 ? [{ word: text, letters: [], steps: [], tokens }] : [];
  }
}

/** The package makes lists as long as the highest id; a small file may not have it make a long one. */
function checkIds({ model, added_tokens: added }: JsonObject): void {
  const { vocab } = model as JsonObject;
  // A list, of Unigram's, has no ids of its own.
  const ids: unknown[] =
    typeof vocab === 'object' && vocab !== null && !Array.isArray(vocab) ? Object.values(vocab) : [];
  for (const token of Array.isArray(added) ? (added as unknown[]) : [])
    ids.push((token as { id?: unknown } | null)?.id);
  const limit = 2 * ids.length + (Array.isArray(vocab) ? vocab.length : 0);
  const isValid = (id: unknown): boolean => typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < limit;
  const place = ids.findIndex((id) => !isValid(id));
  if (place < 0) return;
  throw tokenizerError(`token ${place} of its ${ids.length} has no whole number below ${limit} as its id`);
}

async function loadPackage(): Promise<typeof import('@huggingface/tokenizers')> {
  try {
    return await import('@huggingface/tokenizers');
  } catch (cause) {
    throw new DalleError(
      'E_TOKENIZER_PACKAGE',
      'openTokenizer: this tokenizer.json is not of dalle-gl’s own form, and the package @huggingface/tokenizers, which ' +
        'reads the others, cannot be loaded. Install it, or, on a page without a bundler, name it in an import map.',
      { cause },
    );
  }
}

/** What the package throws for a file or text it cannot use is of no class of ours. */
function attempt<Result>(use: () => Result): Result {
  try {
    return use();
  } catch (cause) {
    throw tokenizerError(
      `@huggingface/tokenizers says: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}
