/**
 * SHA-256 of an open file, through the descriptor that it is read with afterwards: what was checked is what is used.
 * Remembered by verified-files.ts.
 */
import type { FileHandle } from 'node:fs/promises';
import { FormatError } from '../../base/errors.ts';
import { hashBlocks } from '../sha256.ts';
import { createNodeHasher } from './node-hasher.ts';
import { recallHash, rememberHash, stampFile, type FileStamp } from './verified-files.ts';

/** Two of these are in memory at a time. */
const BLOCK_BYTES = 2 * 1024 * 1024;

/** A hash, and of which file in which state. */
export interface HashedFile {
  readonly sha256: string;
  readonly stamp: FileStamp;
}

/**
 * The hash of all bytes of an open file.
 *
 * @throws FormatError `E_FILE_READ` if it changed meanwhile, and what `handle.read` throws; AbortedError `E_ABORTED`
 */
export async function hashFile(handle: FileHandle, path: string, signal?: AbortSignal): Promise<HashedFile> {
  const stamp = stampFile(handle.fd);
  const known = await recallHash(path, stamp);
  if (known !== undefined) return { sha256: known, stamp };
  const blocks = readAhead(handle, Number(stamp.bytes));
  const sha256 = await hashBlocks(blocks, { signal, createHasher: createNodeHasher });
  checkUnchanged(handle, path, stamp);
  await rememberHash(path, stamp, sha256);
  return { sha256, stamp };
}

/**
 * Throws `E_FILE_READ` if an open file was written to since it was hashed. Renaming it or linking to it is no change.
 */
export function checkUnchanged(handle: FileHandle, path: string, { bytes, modified }: FileStamp): void {
  const now = stampFile(handle.fd);
  if (now.bytes === bytes && now.modified === modified) return;
  throw new FormatError(
    'E_FILE_READ',
    `hashFile: ${path} was changed while it was in use, so that what was checked is not what is read. Another program ` +
      'writes to it; wait until it is done, and try again.',
  );
}

/** The blocks in order; the next one is read while the one before is hashed. */
async function* readAhead(handle: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  const buffers = [Buffer.allocUnsafe(BLOCK_BYTES), Buffer.allocUnsafe(BLOCK_BYTES)] as const;
  const read = async (index: number): Promise<Uint8Array> => {
    const buffer = buffers[index % 2 === 0 ? 0 : 1];
    const { bytesRead } = await handle.read(buffer, 0, BLOCK_BYTES, index * BLOCK_BYTES);
    return buffer.subarray(0, bytesRead);
  };
  const count = Math.ceil(size / BLOCK_BYTES);
  let next = count > 0 ? read(0) : undefined;
  try {
    for (let index = 0; next; index++) {
      const block = await next;
      next = index + 1 < count ? read(index + 1) : undefined;
      yield block;
    }
  } finally {
    // Whoever stops early closes the file, which must not be in use then.
    await next?.catch(() => undefined);
  }
}
