/** CLIP's list of merges comes packed by gzip; nothing else of a tokenizer does. */
import { MAX_FILE_LENGTH, tokenizerError } from './vocabulary.ts';

/** Whether these are the first bytes of a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * What a gzip file holds, and any other file as it is.
 *
 * @throws FormatError `E_TOKENIZER_FILE` where it is damaged, or beyond 16 MB
 */
export async function unpackGzip(bytes: Uint8Array): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
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
