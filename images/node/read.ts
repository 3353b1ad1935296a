/**
 * The bytes behind a path, an address (`http`, `https`, `file`) or `-` (stdin), never more than the caller allows: a
 * size announced too large is refused at once, one that turns out too large as soon as it does.
 */
import { addAbortSignal, Readable } from 'node:stream';
import { checkOptions } from '../../base/check-options.ts';
import { UsageError } from '../../base/errors.ts';
import { abortedError, explainFileError } from '../../base/node/file-error.ts';
import { checkPath, openRegularFile } from '../../base/node/open-file.ts';
import { pathOf } from '../../base/node/path-of.ts';
import { descriptorOf, kindOfDescriptor, openDescriptor } from '../../base/node/shell-stream.ts';
import { collectBytes, tooManyBytes } from './collect.ts';
import { download } from './download.ts';

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Most bytes accepted [256 MB]. */
  readonly maxBytes?: number;
  /** Milliseconds a download may take in all [60 000]. */
  readonly timeoutMs?: number;
  /** What `-` reads [process.stdin]. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
}

const MAX_BYTES = 256_000_000;

/**
 * All bytes of `source`. Throws `E_FILE_MISSING`, `E_FILE_KIND`, `E_FILE_IS_DIRECTORY`, `E_FILE_PERMISSION`,
 * `E_FILE_TOO_LARGE`, `E_DOWNLOAD`, `E_DOWNLOAD_ADDRESS`, `E_DOWNLOAD_STATUS`, `E_DOWNLOAD_TIMEOUT`,
 * `E_STDIN_TERMINAL`, `E_ARGUMENT` or `E_ABORTED`.
 */
export async function readSource(source: string | URL, options: ReadOptions = {}): Promise<Uint8Array> {
  checkPath('readSource', source);
  checkOptions('readSource', options);
  const { maxBytes = MAX_BYTES, signal } = options;
  if (signal?.aborted) throw abortedError('readSource', nameSource(source));
  const path = pathOf(source);
  if (path === undefined) return download(source, { ...options, maxBytes });
  try {
    const stream = openStream(path, options) ?? (await openFile(path, maxBytes));
    return await collectBytes(signal ? addAbortSignal(signal, stream) : stream, maxBytes, nameSource(source));
  } catch (error) {
    throw explainFileError('readSource', 'read', nameSource(source), error);
  }
}

/** How messages call a source. */
export function nameSource(source: string | URL): string {
  return source === '-' ? 'standard input' : (pathOf(source) ?? String(source));
}

/** A stream that the shell handed over; undefined for what is read as a file. */
function openStream(source: string, { stdin = process.stdin }: ReadOptions): Readable | undefined {
  const descriptor = source === '-' ? undefined : descriptorOf(source);
  const kind = descriptor === undefined ? undefined : kindOfDescriptor(descriptor);
  if (kind === 'terminal' || (source === '-' && stdin.isTTY)) throw terminalError(source);
  if (source === '-' || (kind === 'stream' && descriptor === 0)) {
    return stdin instanceof Readable ? stdin : Readable.from(stdin);
  }
  return kind === 'stream' ? openDescriptor(descriptor!) : undefined;
}

async function openFile(path: string, maxBytes: number): Promise<Readable> {
  const { handle, size } = await openRegularFile('readSource', path);
  if (size > 0 && size <= maxBytes) return handle.createReadStream({ end: size - 1 }); // it may grow without end
  await handle.close();
  if (size === 0) return Readable.from([]);
  throw tooManyBytes(path, String(size), maxBytes);
}

function terminalError(source: string): UsageError {
  return new UsageError(
    'E_STDIN_TERMINAL',
    `readSource: wanted bytes from ${nameSource(source)}, but it is the keyboard. Pipe a file in, as in ` +
      '`cat picture.png | dalle-gl reconstruct -`, or name the file.',
  );
}
