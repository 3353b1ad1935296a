/**
 * A tokenizer from its file, told by its content: `tokenizer.json` of our own or another form, or CLIP's list of
 * merges, as text or as gzip has packed it.
 *
 * Runs in Node and in the browser.
 */
import { checkObject, checkView } from '../../base/check-argument.ts';
import { readClipVocabulary } from './clip.ts';
import { isCharBpe } from './char-bpe-form.ts';
import { openForeignTokenizer } from './foreign.ts';
import type { StartWorker } from './foreign-host.ts';
import { MIN_DALLE } from './min-dalle-form.ts';
import { isOwnForm, parseTokenizerJson, readOwnTokenizer } from './tokenizer-json.ts';
import type { Tokenizer } from './tokenizer.ts';
import { MAX_FILE_LENGTH, MERGES_FILE, tokenizerError, type JsonObject } from './vocabulary.ts';
import { YTTM } from './yttm-form.ts';

/** Tokenizers that Hugging Face's form has no words for, by the `type` of their `model`; loaded when one is opened. */
const OWN_MODELS: ReadonlyMap<unknown, (model: JsonObject) => Promise<Tokenizer>> = new Map([
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
  const text = typeof file === 'string' ? file : decodeText(await unpack(file));
  if (MERGES_FILE.test(text)) return readClipVocabulary(text);
  const json = parseTokenizerJson(text);
  const model = json['model'] as JsonObject;
  const open = OWN_MODELS.get(model['type']);
  if (open) return open(model);
  if (isCharBpe(json)) return (await import('./char-bpe.ts')).openCharBpe(json);
  return isOwnForm(json) ? readOwnTokenizer(json) : openForeignTokenizer(json, startWorker);
}

async function unpack(bytes: Uint8Array): Promise<Uint8Array> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) return bytes;
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const blob = new Blob([Uint8Array.from(bytes)]);
    // Leaving the loop stops the unpacking: a small file may pretend to be a very large one.
    for await (const part of readStream(blob.stream().pipeThrough(new DecompressionStream('gzip')))) {
      parts.push(part);
      size += part.length;
      if (size > MAX_FILE_LENGTH) break;
    }
  } catch (cause) {
    throw tokenizerError('it is a gzip file that is cut short or damaged', cause);
  }
  if (size > MAX_FILE_LENGTH) throw tokenizerError(`unpacked it has more than ${MAX_FILE_LENGTH} bytes`);
  return new Uint8Array(await new Blob(parts.map((part) => Uint8Array.from(part))).arrayBuffer());
}

/** Not every browser can walk over a stream by itself. */
async function* readStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) yield value!;
  } finally {
    await reader.cancel();
  }
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
