/**
 * Files that are one half of a tokenizer, told by their content: the ids of all tokens (`vocab.json`), and the merges
 * (`merges.txt`).
 */
import {
  MAX_FILE_LENGTH,
  MERGES_FILE,
  readMergeLines,
  type JsonObject,
  type Merge,
} from '../../nets/tokenizer/vocabulary.ts';
import type { ByteSource } from '../byte-source.ts';
import { JsonReader } from '../safetensors/json-reader.ts';

export interface TokenizerPieces {
  /** Tokens and their ids, not yet checked. */
  readonly vocabulary: JsonObject;
  readonly merges: readonly Merge[];
}

/** As many bytes tell one from the other. */
const HEAD_BYTES = 256;

/**
 * What the source has of a tokenizer.
 *
 * @returns undefined if it is something else
 * @throws FormatError `E_TOKENIZER_FILE` for merges that are none
 */
export async function readTokenizerPiece(source: ByteSource): Promise<Partial<TokenizerPieces> | undefined> {
  if (source.size > MAX_FILE_LENGTH) return undefined;
  const head = new TextDecoder().decode(await source.read(0, Math.min(HEAD_BYTES, source.size)));
  const isMerges = MERGES_FILE.test(head);
  if (!isMerges && !/^\s*\{\s*"/.test(head)) return undefined;
  const text = decodeText(await source.read(0, source.size));
  if (text === undefined) return undefined;
  if (isMerges) return { merges: readMergeLines(text) };
  const vocabulary = readVocabulary(text);
  return vocabulary && { vocabulary };
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** An object of whole numbers, each name once; undefined for any other text. */
function readVocabulary(text: string): JsonObject | undefined {
  const reader = new JsonReader(text, 'the vocabulary');
  const ids = new Map<string, number>();
  let entries = 0;
  try {
    reader.object((token) => {
      ids.set(token, reader.integer());
      entries++;
    });
    reader.end();
  } catch {
    // Whoever sniffs the file next says what it is.
    return undefined;
  }
  return entries === ids.size ? Object.fromEntries(ids) : undefined;
}
