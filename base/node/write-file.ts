/**
 * One file of output that is whole or not there (output-files.ts), or its bytes to a device, a pipe or standard output.
 */
import { open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { checkOptions } from '../check-options.ts';
import { abortedError, explainFileError } from './file-error.ts';
import { OutputFiles } from './output-files.ts';

export interface WriteOptions {
  /** Looked at before each part. */
  readonly signal?: AbortSignal;
  /** What `-` writes to [process.stdout]. */
  readonly stdout?: NodeJS.WritableStream;
}

/** What to write, in parts; they may be made while writing, so that a large file is never whole in memory. */
type Parts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes `parts` to `path`, replacing a file there (through a symbolic link, keeping its permissions). A device or a
 * pipe, such as /dev/null, is written directly. Throws `E_DISK_FULL`, `E_FILE_MISSING` (no such folder),
 * `E_FILE_IS_DIRECTORY`, `E_FILE_PERMISSION` or `E_ABORTED`; then the folder is as it was.
 */
export async function writeFileAtomically(path: string, parts: Parts, options: WriteOptions = {}): Promise<void> {
  checkOptions('writeFileAtomically', options);
  const outputs = new OutputFiles();
  try {
    const present = await stat(path).catch(ignoreMissing);
    if (present && !present.isFile()) return await writeParts(path, parts, options);
    const file = await outputs.create(path);
    for await (const part of parts) {
      if (options.signal?.aborted) throw abortedError('writeFileAtomically', path);
      await file.write(part);
    }
    await file.finish();
    outputs.commit();
  } catch (error) {
    await outputs.discard();
    throw explainFileError('writeFileAtomically', 'write', path, error);
  }
}

/** `writeFileAtomically`, or, for `-`, the same bytes to stdout (`E_PIPE_CLOSED` when nobody reads them). */
export async function writeOutput(destination: string, parts: Parts, options: WriteOptions = {}): Promise<void> {
  if (destination !== '-') return writeFileAtomically(destination, parts, options);
  checkOptions('writeOutput', options);
  const { signal, stdout = process.stdout } = options;
  try {
    const source = Readable.from(parts, { objectMode: false });
    await pipeline(source, stdout, signal ? { signal, end: false } : { end: false });
  } catch (error) {
    throw explainFileError('writeOutput', 'write', 'standard output', error);
  }
}

/** Into a device or a pipe. */
async function writeParts(path: string, parts: Parts, { signal }: WriteOptions): Promise<void> {
  const file = await open(path, 'w');
  try {
    for await (const part of parts) {
      if (signal?.aborted) throw abortedError('writeFileAtomically', path);
      await file.writeFile(part);
    }
  } finally {
    await file.close();
  }
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
