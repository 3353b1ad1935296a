/**
 * One bounded download: the status is looked at, the bytes are counted while they arrive, and the whole has a time
 * limit.
 */
import { DalleError, FormatError } from '../../base/errors.ts';
import { parseAddress } from '../../base/address.ts';
import { describeNoConnection, describeStatus, type AnswerBody } from '../../base/fetch-failure.ts';
import { collectBytes, tooManyBytes } from './collect.ts';
import { fetchAddress } from '../../base/node/fetch-address.ts';
import { abortedError } from '../../base/node/file-error.ts';

interface DownloadOptions {
  readonly signal?: AbortSignal;
  readonly maxBytes: number;
  /** Milliseconds in all [60 000]. */
  readonly timeoutMs?: number;
}

/**
 * The body behind an http or https address. Throws `E_DOWNLOAD` (no such host, no connection), `E_DOWNLOAD_STATUS`,
 * `E_DOWNLOAD_TIMEOUT`, `E_DOWNLOAD_ADDRESS`, `E_FILE_TOO_LARGE` or `E_ABORTED`.
 */
export async function download(source: string | URL, options: DownloadOptions): Promise<Uint8Array> {
  const { signal, maxBytes, timeoutMs = 60_000 } = options;
  const address = parseAddress(source);
  const url = address.href;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetchAddress(address, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    const announced = Number(response.headers.get('content-length') ?? 0);
    if (response.ok && response.body && announced <= maxBytes)
      return await collectBytes(readBody(response.body), maxBytes, url);
    await response.body?.cancel();
    throw response.ok ? tooManyBytes(url, String(announced), maxBytes) : describeStatus(url, response);
  } catch (error) {
    if (error instanceof DalleError) throw error;
    if (signal?.aborted) throw abortedError('download', url);
    throw timeout.aborted ? timedOut(url, timeoutMs) : describeNoConnection(url, error);
  }
}

async function* readBody(body: AnswerBody): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let block; (block = (await reader.read()).value);) yield block;
  } finally {
    // Whoever has enough before the end hangs up; a connection that is broken already has said so.
    await reader.cancel().catch(() => undefined);
  }
}

function timedOut(url: string, timeoutMs: number): FormatError {
  return new FormatError(
    'E_DOWNLOAD_TIMEOUT',
    `download: wanted ${url} within ${timeoutMs / 1000} s, but it was not complete by then. The connection is probably ` +
      'slow or blocked by a firewall; download it another way and name the file, or raise timeoutMs.',
  );
}
