/**
 * Why a `fetch` brought no file, in words: what the server answered, or why there is no connection. Pictures and
 * checkpoints are downloaded by different code, with the same failures.
 */
import { FormatError } from './errors.ts';

const STATUS_ADVICE: Readonly<Record<number, string>> = {
  401: 'It wants a log-in; download it in a browser and name the file.',
  403: 'The site probably refuses programs; download it in a browser and name the file.',
  404: 'The address is probably mistyped, or the file is gone.',
  410: 'The file is gone.',
  429: 'The site asks for patience; try again later.',
};

/** What undici and Node call a failure → what it is. Browsers do not tell. */
const CONNECTION_FAILURES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host, or no network',
  EAI_AGAIN: 'the host could not be looked up; there is probably no network',
  ECONNREFUSED: 'the host refuses connections',
  ECONNRESET: 'the host closed the connection without an answer',
  UND_ERR_SOCKET: 'the host closed the connection without an answer',
};

/** `E_DOWNLOAD_STATUS` for an answer that is no file. */
export function describeStatus(url: string, response: Response): FormatError {
  const advice = STATUS_ADVICE[response.status] ?? 'The site probably has trouble; try again later.';
  return new FormatError(
    'E_DOWNLOAD_STATUS',
    `download: wanted the file at ${url}, but the server answered ${response.status} ${response.statusText}. ${advice}` +
      describeWait(response.headers.get('retry-after')),
  );
}

/** Retry-After is a number of seconds or a date. */
function describeWait(retryAfter: string | null): string {
  if (retryAfter === null) return '';
  return ` It asks to wait ${/^\d+$/.test(retryAfter) ? `${retryAfter} s` : `until ${retryAfter}`}.`;
}

/** `E_DOWNLOAD` for a request that got no answer. */
export function describeNoConnection(url: string, error: unknown): FormatError {
  // fetch says only "fetch failed"; the reason is in the cause.
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : '';
  const words = CONNECTION_FAILURES[code] ?? (reason instanceof Error ? reason.message : String(reason));
  return new FormatError(
    'E_DOWNLOAD',
    `download: wanted ${url}, but the connection failed (${words}). The address is probably mistyped or you are ` +
      'offline; a proxy is not used. Check the address, or download it another way and name the file.',
    { cause: error },
  );
}
