/**
 * A tokenizer file, told from anything else by its content: JSON of the form that Hugging Face's `tokenizer.json` has,
 * an object that holds a `model`. Here it is only recognised and carried along as it is; reading it is the text's side.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { JsonReader } from '../safetensors/json-reader.ts';

/** Vocabularies of a quarter of a million words take half of this. */
const MAX_BYTES = 16 * 1024 * 1024;
const HEAD_BYTES = 64;
/** Tokenizers nest half a dozen deep. */
const MAX_LEVELS = 100;

/**
 * The text of a tokenizer file.
 *
 * @returns undefined if the source is something else
 */
export async function readTokenizer(source: ByteSource): Promise<string | undefined> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  if (source.size > MAX_BYTES || !/^\s*\{/.test(new TextDecoder().decode(head))) return undefined;
  return decodeTokenizer(await source.read(0, source.size));
}

/**
 * The text of a tokenizer file of a model folder, which must be one.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export async function expectTokenizer(source: ByteSource): Promise<string> {
  const text = await readTokenizer(source);
  if (text !== undefined) return text;
  throw new FormatError(
    'E_TOKENIZER_FILE',
    `openModel: ${source.name} (${source.size} bytes) is no tokenizer of Hugging Face's form: JSON with a \`model\`, of ` +
      `at most ${MAX_BYTES} bytes. It was edited or cut; convert the model again.`,
  );
}

function decodeTokenizer(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return holdsModel(text) ? text : undefined;
  } catch {
    // Not UTF-8, or not JSON: whoever sniffs the file next says what it is.
    return undefined;
  }
}

/** Read through and not built: what JSON.parse makes of a hostile text takes fifty times its size. */
function holdsModel(text: string): boolean {
  const reader = new JsonReader(text, 'the tokenizer');
  let hasModel = false;
  reader.object((key) => {
    if (key === 'model') hasModel = reader.isObject();
    reader.skipValue(MAX_LEVELS);
  });
  reader.end();
  return hasModel;
}
