/**
 * Output that is whole or not there: a file is written beside its place under a temporary name, synced to the disk
 * and renamed; whatever goes wrong, the temporary file is removed and what was there before stays.
 */
import { randomBytes } from 'node:crypto';
import { open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { abortedError, explainFileError } from './file-error.ts';

export interface WriteOptions {
  /** Looked at before each part. */
  readonly signal?: AbortSignal;
  /** What `-` writes to [process.stdout]. */
  readonly stdout?: NodeJS.WritableStream;
}

/** What to write, in parts; they may be made while writing, so that a large file is never whole in memory. */
export type Parts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes `parts` to `path`, replacing a file there (through a symbolic link, keeping its permissions). A device or a
 * pipe, such as /dev/null, is written directly. Throws `E_DISK_FULL`, `E_FILE_MISSING` (no such folder),
 * `E_FILE_IS_DIRECTORY`, `E_FILE_PERMISSION` or `E_ABORTED`; then the folder is as it was.
 */
export async function writeFileAtomically(path: string, parts: Parts, options: WriteOptions = {}): Promise<void> {
  try {
    const present = await stat(path).catch(ignoreMissing);
    if (present && !present.isFile()) return await writeParts(path, 'w', parts, options);
    const target = present ? await realpath(path) : path;
    const temporary = join(dirname(target), `.${basename(target)}.tmp-${randomBytes(6).toString('hex')}`);
    try {
      await writeParts(temporary, 'wx', parts, options, present?.mode);
      await rename(temporary, target);
    } catch (error) {
      await unlink(temporary).catch(ignoreMissing);
      throw error;
    }
  } catch (error) {
    throw explainFileError('writeFileAtomically', 'write', path, error);
  }
}

/** `writeFileAtomically`, or, for `-`, the same bytes to stdout (`E_PIPE_CLOSED` when nobody reads them). */
export async function writeOutput(destination: string, parts: Parts, options: WriteOptions = {}): Promise<void> {
  if (destination !== '-') return writeFileAtomically(destination, parts, options);
  const { signal, stdout = process.stdout } = options;
  try {
    const source = Readable.from(parts, { objectMode: false });
    await pipeline(source, stdout, signal ? { signal, end: false } : { end: false });
  } catch (error) {
    throw explainFileError('writeOutput', 'write', 'standard output', error);
  }
}

async function writeParts(
  path: string,
  flags: 'w' | 'wx',
  parts: Parts,
  options: WriteOptions,
  mode = 0o666,
): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    for await (const part of parts) {
      if (options.signal?.aborted) throw abortedError('writeFileAtomically', path);
      await file.writeFile(part);
    }
    // A full disk may say so only here. Devices and pipes cannot be synced.
    if (flags === 'wx') await file.sync();
  } finally {
    await file.close();
  }
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
