/**
 * A file on disk as a `ByteSource`, over one file descriptor: nothing is read until it is asked for, so a checkpoint
 * larger than memory opens at once.
 */
import { basename, dirname, join } from 'node:path';
import { DalleError, FormatError } from '../../base/errors.ts';
import { openRegularFile } from '../../base/node/open-file.ts';
import { pathOf } from '../../base/node/path-of.ts';
import { checkRange, throwReadFailure, type ByteSource } from '../byte-source.ts';
import { checkUnchanged, hashFile, type HashedFile } from './hash-file.ts';

/** A `ByteSource` that holds a file descriptor: close it. */
export interface FileSource extends ByteSource {
  /** What it hashed is what `read` gives, or `read` throws `E_FILE_READ`. */
  sha256(options?: { readonly signal?: AbortSignal | undefined }): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens a file for reading, by its path or `file://` address.
 *
 * @throws FormatError `E_FILE_MISSING` (no such file), `E_FILE_KIND` (a pipe, a device), `E_FILE_READ` (a folder, no
 *   permission, a device error)
 */
export async function openFileSource(source: string | URL): Promise<FileSource> {
  const path = pathOf(source) ?? String(source);
  const { handle, size } = await openRegularFile('openFileSource', path).catch((cause: unknown) => {
    throw describeOpenFailure(path, cause);
  });
  const name = basename(path);
  let hashed: HashedFile | undefined;
  return {
    name,
    size,
    sha256: async ({ signal } = {}) => {
      hashed = await hashFile(handle, path, signal).catch((cause: unknown) => {
        throw cause instanceof DalleError ? cause : throwReadFailure(name, cause);
      });
      return hashed.sha256;
    },
    close: () => handle.close(),
    openSibling: (sibling) => openFileSource(join(dirname(path), sibling)),
    read: async (offset, length) => {
      checkRange(name, size, offset, length);
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle
          .read(bytes, filled, length - filled, offset + filled)
          .catch((cause: unknown) => throwReadFailure(name, cause));
        // The file was cut after it was opened: the range no longer lies within it.
        if (bytesRead === 0) checkRange(name, offset + filled, offset, length);
        filled += bytesRead;
      }
      if (hashed) checkUnchanged(handle, path, hashed.stamp);
      return bytes;
    },
  };
}

function describeOpenFailure(path: string, cause: unknown): unknown {
  if (!(cause instanceof FormatError) || cause.code === 'E_FILE_KIND') return cause;
  if (cause.code === 'E_FILE_MISSING') {
    return new FormatError('E_FILE_MISSING', `openFileSource: there is no file ${path}. Check the path.`, { cause });
  }
  const reason = cause.cause instanceof Error ? cause.cause.message : cause.message;
  const advice = 'Give the path of the checkpoint itself, and check its permissions.';
  const message = `openFileSource: ${path} cannot be read as a file (${reason}). ${advice}`;
  return new FormatError('E_FILE_READ', message, { cause });
}
