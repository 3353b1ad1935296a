/**
 * A file on disk as a `ByteSource`, over one file descriptor: nothing is read until it is asked for, so a checkpoint
 * larger than memory opens at once.
 */
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DalleError, FormatError } from '../../base/errors.ts';
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
 * @throws FormatError `E_FILE_MISSING` (no such file), `E_FILE_READ` (a folder, no permission, a device error)
 */
export async function openFileSource(source: string | URL): Promise<FileSource> {
  const path = pathOf(source) ?? String(source);
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw describeOpenFailure(path, cause);
  });
  const name = basename(path);
  const stats = await handle.stat();
  if (!stats.isFile()) {
    await handle.close();
    throw new FormatError(
      'E_FILE_READ',
      `openFileSource: ${path} is not a file. Give the path of the checkpoint itself.`,
    );
  }
  let hashed: HashedFile | undefined;
  return {
    name,
    size: stats.size,
    sha256: async ({ signal } = {}) => {
      hashed = await hashFile(handle, path, signal).catch((cause: unknown) => {
        throw cause instanceof DalleError ? cause : throwReadFailure(name, cause);
      });
      return hashed.sha256;
    },
    close: () => handle.close(),
    openSibling: (sibling) => openFileSource(join(dirname(path), sibling)),
    read: async (offset, length) => {
      checkRange(name, stats.size, offset, length);
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

function describeOpenFailure(path: string, cause: unknown): FormatError {
  const reason = (cause as NodeJS.ErrnoException).code;
  if (reason === 'ENOENT' || reason === 'ENOTDIR') {
    return new FormatError('E_FILE_MISSING', `openFileSource: there is no file ${path}. Check the path.`, { cause });
  }
  const message = `openFileSource: ${path} cannot be read (${reason ?? String(cause)}). Check its permissions.`;
  return new FormatError('E_FILE_READ', message, { cause });
}
