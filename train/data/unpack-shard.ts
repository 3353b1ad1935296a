/**
 * A shard that is packed by gzip, unpacked into memory: pictures are taken from any place of it, in any order, and gzip
 * is only read from its beginning. There is a bound, so that a small file which unpacks without end is stopped.
 *
 * Pure: runs in Node and in the browser.
 */
import { checkRange, readBlocks, type ByteSource } from '../../weights-convert/byte-source.ts';
import type { UnsharedBytes } from '../../base/platform.ts';
import type { DataFile } from './data-file.ts';

/** Bytes that the packed shards of a data set may have, all together, when unpacked. */
export const MAX_UNPACKED_BYTES = 500_000_000;

interface OpenShard {
  /** Not packed; close it. */
  readonly tar: ByteSource;
  /** What gives its bytes again. */
  readonly file: DataFile;
  /** Bytes of memory that it takes. */
  readonly unpacked: number;
}

/** Opens a shard; undefined for a packed one that would take more than `room` bytes. Throws as `file.open`. */
export async function openShard(file: DataFile, room: number): Promise<OpenShard | undefined> {
  const source = await file.open();
  const [first, second] = await source.read(0, Math.min(2, source.size));
  if (first !== 0x1f || second !== 0x8b) return { tar: source, file, unpacked: 0 };
  const tar = await unpackShard(source, room).finally(() => source.close?.());
  return tar && { tar, file: { ...file, open: async () => tar }, unpacked: tar.size };
}

/**
 * The tar in `source`, a gzip file, in memory; what there is of it where it is damaged; undefined where it would be
 * more than `most` bytes.
 */
async function unpackShard(source: ByteSource, most: number): Promise<ByteSource | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = packedStream(source).pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      if (size + value!.length > most) return undefined;
      appendBytes(pieces, size, value!);
      size += value!.length;
    }
  } catch {
    // Cut short or damaged: the reader of the tar says where it ends.
  } finally {
    await reader.cancel().catch(() => {});
  }
  return sourceFromPieces(source.name, size, pieces);
}

/** Parts come in a few kilobytes each; held in larger pieces, any place of them is found at once. */
const PIECE_BYTES = 4 * 1024 * 1024;

function appendBytes(pieces: Uint8Array[], size: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    const within = (size + done) % PIECE_BYTES;
    if (within === 0) pieces.push(new Uint8Array(PIECE_BYTES));
    const part = bytes.subarray(done, done + PIECE_BYTES - within);
    pieces.at(-1)!.set(part, within);
    done += part.length;
  }
}

function sourceFromPieces(name: string, size: number, pieces: readonly Uint8Array[]): ByteSource {
  return {
    name,
    size,
    read: async (offset, length) => {
      checkRange(name, size, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const within = (offset + done) % PIECE_BYTES;
        const piece = pieces[Math.floor((offset + done) / PIECE_BYTES)]!;
        const part = piece.subarray(within, Math.min(PIECE_BYTES, within + length - done));
        bytes.set(part, done);
        done += part.length;
      }
      return bytes;
    },
  };
}

function packedStream(source: ByteSource): ReadableStream<UnsharedBytes> {
  const blocks = readBlocks(source, 0, source.size);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await blocks.next();
      if (done) controller.close();
      else controller.enqueue(value as UnsharedBytes);
    },
  });
}
