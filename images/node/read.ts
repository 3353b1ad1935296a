/**
 * The bytes behind a path, an http(s) address or `-` (stdin), never more than the caller allows: a size announced too
 * large is refused at once, one that turns out too large as soon as it does.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal, Readable } from 'node:stream';
import { UsageError } from '../../base/errors.ts';
import { collectBytes, tooManyBytes } from './collect.ts';
import { download } from './download.ts';
import { explainFileError } from '../../base/node/file-error.ts';

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Most bytes accepted [256 MB]. */
  readonly maxBytes?: number;
  /** Milliseconds a download may take in all [60 000]. */
  readonly timeoutMs?: number;
  /** What `-` reads [process.stdin]. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
}

export const MAX_BYTES = 256_000_000;

/**
 * All bytes of `source`. Throws `E_FILE_MISSING`, `E_FILE_IS_DIRECTORY`, `E_FILE_PERMISSION`, `E_FILE_TOO_LARGE`,
 * `E_DOWNLOAD`, `E_DOWNLOAD_STATUS`, `E_DOWNLOAD_TIMEOUT`, `E_STDIN_TERMINAL` or `E_ABORTED`.
 */
export async function readSource(source: string, options: ReadOptions = {}): Promise<Uint8Array> {
  const { maxBytes = MAX_BYTES } = options;
  if (/^https?:\/\//i.test(source)) return download(source, { ...options, maxBytes });
  try {
    const stream = source === '-' ? openStdin(options) : await openFile(source, maxBytes, options.signal);
    return await collectBytes(stream, maxBytes, nameSource(source));
  } catch (error) {
    throw explainFileError('readSource', 'read', nameSource(source), error);
  }
}

/** How messages call a source. */
export function nameSource(source: string): string {
  return source === '-' ? 'standard input' : source;
}

async function openFile(path: string, maxBytes: number, signal: AbortSignal | undefined): Promise<Readable> {
  const { size } = await stat(path);
  if (size > maxBytes) throw tooManyBytes(path, String(size), maxBytes);
  return createReadStream(path, signal ? { signal } : {});
}

function openStdin(options: ReadOptions): Readable {
  const { stdin = process.stdin, signal } = options;
  if (stdin.isTTY) {
    throw new UsageError(
      'E_STDIN_TERMINAL',
      'readSource: wanted bytes on standard input, but it is the keyboard. Pipe a file in, as in ' +
        '`cat picture.png | dalle-gl reconstruct -`, or name the file.',
    );
  }
  const stream = stdin instanceof Readable ? stdin : Readable.from(stdin);
  return signal ? addAbortSignal(signal, stream) : stream;
}
