/**
 * Files that a tokenizer.json can be made of, told by their content: the ids of all tokens (`vocab.json`) and the
 * merges (`merges.txt`), which are halves of one; YouTokenToMe's model, and CLIP's list of merges, which are whole.
 */
import { writeClip } from '../../nets/tokenizer/clip-form.ts';
import { isGzip, unpackGzip } from '../../nets/tokenizer/unpack-gzip.ts';
import {
  MAX_ENTRIES,
  MAX_FILE_LENGTH,
  MERGES_FILE,
  readMergeLines,
  tokenizerError,
  type JsonObject,
  type Merge,
} from '../../nets/tokenizer/vocabulary.ts';
import type { ByteSource } from '../byte-source.ts';
import type { Family } from '../families/family.ts';
import { JsonReader } from '../safetensors/json-reader.ts';
import { YTTM } from '../../nets/tokenizer/yttm-form.ts';
import { convertYttmModel, YTTM_FILE } from './yttm-model.ts';

export interface TokenizerPieces {
  /** Tokens and their ids, not yet checked. */
  readonly vocabulary: JsonObject;
  readonly merges: readonly Merge[];
}

export interface TokenizerPiece extends Partial<TokenizerPieces> {
  /**
   * The JSON of the tokenizer, for a file that is a whole one; families may use such a file each in its way. Throws
   * `E_TOKENIZER_FILE`.
   */
  readonly convert?: (families: readonly Family[]) => JsonObject;
}

/** The first line of CLIP's list of merges, which needs no vocabulary beside it, has its name. */
const CLIP_FILE = /^"?bpe_simple_vocab[^\n{]{0,100}#version/;

/** As many bytes tell one from the other. */
const HEAD_BYTES = 256;

/**
 * What the source has of a tokenizer.
 *
 * @returns undefined if it is something else
 * @throws FormatError `E_TOKENIZER_FILE` for merges that are none, and for more tokens or merges than anybody has
 */
export async function readTokenizerPiece(source: ByteSource): Promise<TokenizerPiece | undefined> {
  if (source.size > MAX_FILE_LENGTH) return undefined;
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  if (isGzip(head)) return readPacked(await source.read(0, source.size));
  const read = FORMS.find(({ begins }) => begins.test(new TextDecoder().decode(head)))?.read;
  const text = read && decodeText(await source.read(0, source.size));
  return text === undefined ? undefined : read!(text);
}

/** CLIP's merges; undefined for anything else that gzip has packed. */
async function readPacked(bytes: Uint8Array): Promise<TokenizerPiece | undefined> {
  const text = await unpackGzip(bytes).then(decodeText, () => undefined);
  return text !== undefined && CLIP_FILE.test(text) ? readClipFile(text) : undefined;
}

function readClipFile(text: string): TokenizerPiece {
  return { convert: () => writeClip(readMergeLines(text)) };
}

const FORMS: readonly { readonly begins: RegExp; readonly read: (text: string) => TokenizerPiece | undefined }[] = [
  { begins: CLIP_FILE, read: readClipFile },
  { begins: MERGES_FILE, read: (text) => ({ merges: readMergeLines(text) }) },
  { begins: YTTM_FILE, read: (text) => ({ convert: (families) => convertYttmModel(text, !keepCase(families)) }) },
  { begins: /^\s*\{\s*"/, read: readVocabulary },
];

/** Whether programs of any of them give such a model the text as it is; all others make it small. */
function keepCase(families: readonly Family[]): boolean {
  return families.some(({ tokenizers = [] }) => tokenizers.some(({ type, keepsCase }) => type === YTTM && keepsCase));
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** An object of whole numbers, each name once; undefined for any other text. */
function readVocabulary(text: string): TokenizerPiece | undefined {
  const reader = new JsonReader(text, 'the vocabulary');
  const ids = new Map<string, number>();
  let entries = 0;
  try {
    reader.object((token) => {
      ids.set(token, reader.integer());
      if (++entries > MAX_ENTRIES) throw tokenizerError(`it has more than ${MAX_ENTRIES} tokens`);
    });
    reader.end();
  } catch (error) {
    if (entries > MAX_ENTRIES) throw error;
    // Whoever sniffs the file next says what it is.
    return undefined;
  }
  return entries === ids.size ? { vocabulary: Object.fromEntries(ids) } : undefined;
}
