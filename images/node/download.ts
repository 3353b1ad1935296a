/**
 * One bounded download: the status is looked at, the bytes are counted while they arrive, and the whole has a time
 * limit.
 */
import { DalleError, FormatError } from '../../errors.ts';
import { collectBytes, tooManyBytes } from './collect.ts';
import { abortedError } from './file-error.ts';

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly maxBytes: number;
  /** Milliseconds in all [60 000]. */
  readonly timeoutMs?: number;
}

const STATUS_ADVICE: Readonly<Record<number, string>> = {
  401: 'It wants a log-in; download it in a browser and name the file.',
  403: 'The site probably refuses programs; download it in a browser and name the file.',
  404: 'The address is probably mistyped, or the picture is gone.',
  410: 'The picture is gone.',
  429: 'The site asks for patience; try again later.',
};

/**
 * The body of `url`. Throws `E_DOWNLOAD` (no such host, no connection), `E_DOWNLOAD_STATUS`, `E_DOWNLOAD_TIMEOUT`,
 * `E_FILE_TOO_LARGE` or `E_ABORTED`.
 */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { signal, maxBytes, timeoutMs = 60_000 } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    const announced = Number(response.headers.get('content-length') ?? 0);
    if (response.ok && response.body && announced <= maxBytes) return await collectBytes(response.body, maxBytes, url);
    await response.body?.cancel();
    throw response.ok ? tooManyBytes(url, String(announced), maxBytes) : badStatus(url, response);
  } catch (error) {
    if (error instanceof DalleError) throw error;
    if (signal?.aborted) throw abortedError('download', url);
    throw timeout.aborted ? timedOut(url, timeoutMs) : noConnection(url, error);
  }
}

function badStatus(url: string, response: Response): FormatError {
  const advice = STATUS_ADVICE[response.status] ?? 'The site probably has trouble; try again later.';
  return new FormatError(
    'E_DOWNLOAD_STATUS',
    `download: wanted the file at ${url}, but the server answered ${response.status} ${response.statusText}. ${advice}`,
  );
}

function timedOut(url: string, timeoutMs: number): FormatError {
  return new FormatError(
    'E_DOWNLOAD_TIMEOUT',
    `download: wanted ${url} within ${timeoutMs / 1000} s, but it was not complete by then. The connection is probably ` +
      'slow or blocked by a firewall; download it another way and name the file, or raise timeoutMs.',
  );
}

function noConnection(url: string, error: unknown): FormatError {
  // fetch says only "fetch failed"; the reason is in the cause.
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const words = reason instanceof Error ? reason.message : String(reason);
  return new FormatError(
    'E_DOWNLOAD',
    `download: wanted ${url}, but the connection failed (${words}). The host is probably mistyped or you are ` +
      'offline; a proxy is not used. Check the address, or download it another way and name the file.',
    { cause: error },
  );
}
