/**
 * A file on disk as a `ByteSource`, over one file descriptor: nothing is read until it is asked for, so a checkpoint
 * larger than memory opens at once.
 */
import { basename, dirname, join } from 'node:path';
import { FormatError } from '../../base/errors.ts';
import { openRegularFile } from '../../base/node/open-file.ts';
import { checkRange, throwReadFailure, type ByteSource } from '../byte-source.ts';

/** A `ByteSource` that holds a file descriptor: close it. */
export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/**
 * Opens a file for reading.
 *
 * @throws FormatError `E_FILE_MISSING` (no such file), `E_FILE_KIND` (a pipe, a device), `E_FILE_READ` (a folder, no
 *   permission, a device error)
 */
export async function openFileSource(path: string): Promise<FileSource> {
  const { handle, size } = await openRegularFile('openFileSource', path).catch((cause: unknown) => {
    throw describeOpenFailure(path, cause);
  });
  const name = basename(path);
  return {
    name,
    size,
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
