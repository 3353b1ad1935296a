/**
 * A tokenizer from its file, told by its content: `tokenizer.json` of our own or another form, or CLIP's list of
 * merges, as text or as gzip has packed it.
 *
 * Runs in Node and in the browser.
 */
import { checkObject, checkView } from '../../base/check-argument.ts';
import { CLIP } from './clip-form.ts';
import { isCharBpe } from './char-bpe-form.ts';
import { openForeignTokenizer } from './foreign.ts';
import type { StartWorker } from './foreign-host.ts';
import { MIN_DALLE } from './min-dalle-form.ts';
import { isOwnForm, parseTokenizerJson, readOwnTokenizer } from './tokenizer-json.ts';
import type { Tokenizer } from './tokenizer.ts';
import { unpackGzip } from './unpack-gzip.ts';
import { MAX_FILE_LENGTH, MERGES_FILE, tokenizerError, type JsonObject } from './vocabulary.ts';
import { YTTM } from './yttm-form.ts';

/** Tokenizers that Hugging Face's form has no words for, by the `type` of their `model`; loaded when one is opened. */
const OWN_MODELS: ReadonlyMap<unknown, (model: JsonObject) => Promise<Tokenizer>> = new Map([
  [CLIP, async (model: JsonObject) => (await import('./clip.ts')).openClip(model)],
  [YTTM, async (model: JsonObject) => (await import('./yttm.ts')).openYttm(model)],
  [MIN_DALLE, async (model: JsonObject) => (await import('./min-dalle.ts')).openMinDalle(model)],
]);

/** How a tokenizer is opened. */
export interface OpenTokenizerOptions {
  /** What a tokenizer of others works in [a `Worker`; in `dalle-gl/node` a process]. */
  readonly startWorker?: StartWorker;
}

/**
 * The tokenizer of a file's text, or of its bytes.
 *
 * @throws FormatError `E_TOKENIZER_FILE` for anything else, and beyond 16 million letters; `E_TOKENIZER_SLOW`
 * @throws DalleError `E_TOKENIZER_PACKAGE`; UsageError `E_ARGUMENT` for what is neither text nor bytes
 */
export async function openTokenizer(file: string | Uint8Array, options: OpenTokenizerOptions = {}): Promise<Tokenizer> {
  checkObject('openTokenizer', 'options', options);
  const { startWorker } = options;
  if (typeof file !== 'string') checkView('openTokenizer', 'a text or its bytes', file, [Uint8Array]);
  const text = typeof file === 'string' ? file : decodeText(await unpackGzip(file));
  if (MERGES_FILE.test(text)) return (await import('./clip.ts')).readClipVocabulary(text);
  const json = parseTokenizerJson(text);
  const model = json['model'] as JsonObject;
  const open = OWN_MODELS.get(model['type']);
  if (open) return open(model);
  if (isCharBpe(json)) return (await import('./char-bpe.ts')).openCharBpe(json);
  return isOwnForm(json) ? readOwnTokenizer(json) : openForeignTokenizer(json, startWorker);
}

function decodeText(bytes: Uint8Array): string {
  if (bytes.length > MAX_FILE_LENGTH)
    throw tokenizerError(`it has ${bytes.length} bytes and may have ${MAX_FILE_LENGTH}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw tokenizerError('it is not text in UTF-8', cause);
  }
}
