/**
 * Why a `fetch` brought no file, in words: what the server answered, or why there is no connection. Pictures and
 * checkpoints are downloaded by different code, with the same failures.
 */
import { FormatError } from './errors.ts';

/** What is looked at in an answer: any `fetch` gives it, the browser's, Node's and undici's. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null; has(name: string): boolean };
  readonly body: AnswerBody | null;
  /** In a page, `cors` if it came from another site. */
  readonly type: string;
}

/** The bytes of an answer; iterable in Node. */
export interface AnswerBody {
  getReader(): {
    read(): Promise<{ readonly value?: Uint8Array<ArrayBuffer> | undefined }>;
    cancel(): Promise<void>;
  };
  cancel(): Promise<void>;
}

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
export function describeStatus(url: string, response: Answer): FormatError {
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
  const message = `download: wanted ${url}, but the connection failed (${nameFailure(error)}). ${guessCause(url)}`;
  return new FormatError('E_DOWNLOAD', message, { cause: error });
}

/** fetch says only "fetch failed"; the reason is in the cause. */
export function nameFailure(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : '';
  return CONNECTION_FAILURES[code] ?? (reason instanceof Error ? reason.message : String(reason));
}

/** Browsers keep to themselves why a request to another site failed, so that a page learns nothing about that site. */
function guessCause(url: string): string {
  const page: Location | undefined = globalThis.location;
  const { protocol, origin } = new URL(url);
  if (!page) {
    return (
      'The address is probably mistyped or you are offline; if this network has a proxy, name it in HTTPS_PROXY. ' +
      'Check the address, or download it another way and name the file.'
    );
  }
  if (page.protocol === 'https:' && protocol === 'http:') {
    return 'A page that came by https may not fetch by http: ask for it by https, or host the file beside the page.';
  }
  if (origin === page.origin) return 'The address is probably mistyped or you are offline. Check the address.';
  return (
    `If the address is right, ${origin} probably does not allow other pages to read its files (CORS): it must answer ` +
    `with the header Access-Control-Allow-Origin: * (or ${page.origin}). Host the file beside the page, or on a ` +
    'server that sends this header.'
  );
}
