/**
 * Random access to bytes: the one way every reader here sees a file, so that the same code runs over a `Blob` in the
 * browser, a file descriptor in Node (node/file-source.ts) and bytes in memory in tests.
 *
 * Readers ask for ranges they have checked against `size`; a source throws when it cannot give all of them.
 */
import { argumentError, checkText, checkView } from '../base/check-argument.ts';
import { FormatError } from '../base/errors.ts';
import { hashBlobOnce, hashBlocks, type HashOptions } from './sha256.ts';

/** Bytes that can be read anywhere: a file, a `Blob`, an array. */
export interface ByteSource {
  /** What to call it in messages: a file name or URL. Never used to guess the format. */
  readonly name: string;
  /** Length in bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. The result may be a view: treat it as read-only. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** SHA-256 of all bytes in lower-case hex, left out where reading them is all there is to it: see `hashSource`. */
  sha256?(options?: Pick<HashOptions, 'signal'>): Promise<string>;
  /**
   * Opens a file beside this one by its name, for checkpoints of several files; left out where nothing is beside it.
   */
  openSibling?(name: string): Promise<ByteSource>;
  /** Gives back what the source holds open, if anything. */
  close?(): Promise<void>;
}

/** How much is read at a time when a file is walked from end to end. */
const BLOCK_BYTES: number = 1024 * 1024;
/** Of a blob in a page, where each read is a message to another process. */
const BLOB_BLOCK_BYTES = 8 * 1024 * 1024;

/** Bytes already in memory. They must not change while a reader uses them. */
export function sourceFromBytes(bytes: Uint8Array, name: string): ByteSource {
  checkView('sourceFromBytes', 'bytes', bytes, [Uint8Array]);
  checkText('sourceFromBytes', 'name', name);
  return {
    name,
    size: bytes.length,
    read: async (offset, length) => {
      checkRange(name, bytes.length, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** A `Blob` or a `File` that a person chose in the browser; only the slices that are read are loaded. */
export function sourceFromBlob(blob: Blob, name: string): ByteSource {
  if (!(blob instanceof Blob)) {
    throw argumentError('sourceFromBlob', 'a Blob or File', blob, 'Of a FileList, take the files one by one.');
  }
  checkText('sourceFromBlob', 'name', name);
  const source: ByteSource = {
    name,
    size: blob.size,
    sha256: (options) => hashBlobOnce(blob, () => readBlocks(source, 0, source.size, BLOB_BLOCK_BYTES), options),
    read: async (offset, length) => {
      checkRange(name, blob.size, offset, length);
      const slice = blob.slice(offset, offset + length);
      return new Uint8Array(await slice.arrayBuffer().catch((cause: unknown) => throwReadFailure(name, cause)));
    },
  };
  return source;
}

/** SHA-256 of all bytes of a source, remembered where it can be known to be the same still. */
export async function hashSource(source: ByteSource, options: Pick<HashOptions, 'signal'> = {}): Promise<string> {
  return source.sha256?.(options) ?? hashBlocks(readBlocks(source, 0, source.size), options);
}

/** Sources one after another as one; closing it closes them all. */
export function joinSources(name: string, sources: readonly ByteSource[]): ByteSource {
  const size = sources.reduce((sum, source) => sum + source.size, 0);
  return {
    name,
    size,
    read: async (offset, length) => {
      checkRange(name, size, offset, length);
      const bytes = new Uint8Array(length);
      let start = 0;
      for (const source of sources) {
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + source.size);
        if (from < to) bytes.set(await source.read(from - start, to - from), from - offset);
        start += source.size;
      }
      return bytes;
    },
    close: async () => {
      for (const source of sources) await source.close?.();
    },
  };
}

/** Reports that a source which was open could not be read (`E_FILE_READ`). */
export function throwReadFailure(name: string, cause: unknown): never {
  const message =
    `read: ${name} could not be read (${cause instanceof Error ? cause.message : String(cause)}). It was moved, changed ` +
    `or removed while it was read, or its disk fails; try again.`;
  throw new FormatError('E_FILE_READ', message, { cause });
}

/** Throws `E_FILE_RANGE` unless [offset, offset + length) lies within a source of `size` bytes. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  const isValid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (isValid && offset + length <= size) return;
  throw new FormatError(
    'E_FILE_RANGE',
    `read: ${name} has ${size} bytes, but bytes ${offset} to ${offset + length} were wanted. The file is shorter than ` +
      `its own table of contents says, or changed while it was read; fetch it again.`,
  );
}

/** The bytes of a range in order, in blocks of at most `blockBytes`: constant memory whatever the length. */
export async function* readBlocks(
  source: ByteSource,
  offset: number,
  length: number,
  blockBytes: number = BLOCK_BYTES,
): AsyncGenerator<Uint8Array> {
  const end = offset + length;
  for (let position = offset; position < end; position += blockBytes) {
    yield await source.read(position, Math.min(blockBytes, end - position));
  }
}

/** As much of halves as is read at once: they go on as they are, so a piece costs little but the asking. */
const HALF_BLOCK_BYTES = 4 * 1024 * 1024;

/** The halves of a range, whose bytes are little-endian, in order and as they lie there. */
export async function* readHalfBlocks(source: ByteSource, offset: number, length: number): AsyncGenerator<Uint16Array> {
  for await (const block of readBlocks(source, offset, length, HALF_BLOCK_BYTES)) {
    const bytes = block.byteOffset % 2 === 0 ? block : block.slice();
    yield new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  }
}
