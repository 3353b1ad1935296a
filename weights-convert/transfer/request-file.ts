/**
 * One GET of a file, with everything looked at that can be wrong with the answer: the core of every download, in
 * browsers and in Node. It can go on where a download broke off (Range with If-Range, RFC 9110 sections 13 and 14) and
 * confirm a copy that is there (If-None-Match). `fetch` follows at most 20 redirects, and only to http and https.
 */
import { describeNoConnection, describeStatus, type Answer } from '../../base/fetch-failure.ts';
import type { UnsharedBytes } from '../../base/platform.ts';
import { isSameVersion, resumeValidator, versionForPage, versionOf, type FileVersion } from './file-version.ts';
import { receiveBlocks } from './receive-blocks.ts';
import { watchStalls } from './stall-watch.ts';
import { explainFailure, otherLength, tooLarge, wrongRange, type TransferState } from './transfer-failure.ts';

export interface TransferOptions {
  /** Most bytes accepted [16 GiB]. */
  readonly maxBytes?: number;
  /** Milliseconds of silence after which the server is given up [60 000]. */
  readonly stallMs?: number;
  readonly signal?: AbortSignal;
}

/** The first bytes of a file, and the version they are of. */
export interface KeptBytes {
  readonly bytes: number;
  readonly version: FileVersion;
}

/** How to ask a server. */
type Fetch = (
  address: URL,
  options: { readonly headers: Record<string, string>; readonly signal: AbortSignal },
) => Promise<Answer>;

interface FileRequest extends TransferOptions {
  /** [the platform's own] */
  readonly fetch?: Fetch;
  /** How long the file must be, where that is known. */
  readonly expectedBytes?: number | undefined;
  /** Whether a page asks, which other sites do not show all headers. */
  readonly isPage?: boolean;
  /** What an earlier download left. */
  readonly kept?: KeptBytes | undefined;
  /** The version of a whole copy that is there. */
  readonly known?: FileVersion | undefined;
}

/** A file that is coming. `close` it, whether its blocks were read or not. */
export interface Transfer {
  readonly version: FileVersion;
  /** Where in the file the first block belongs: behind what was kept, or 0 where that is of no use. */
  readonly from: number;
  /** The bytes in order; the first come only when they are known to be no web page. */
  readonly blocks: AsyncIterable<UnsharedBytes>;
  close(): void;
}

const MAX_BYTES = 16 * 2 ** 30;
const STALL_MS = 60_000;

/**
 * Asks for a file. Undefined if the `known` version is still the one there.
 *
 * @throws FormatError `E_DOWNLOAD`, `E_DOWNLOAD_STATUS`, `E_DOWNLOAD_TIMEOUT`, `E_DOWNLOAD_RANGE`, `E_FILE_TOO_LARGE`;
 *   AbortedError `E_ABORTED`. Reading the blocks throws these too, and `E_DOWNLOAD_CUT`, `E_DOWNLOAD_LENGTH`,
 *   `E_FORMAT_UNKNOWN` and `E_LFS_POINTER`
 */
export async function requestFile(address: URL, request: FileRequest): Promise<Transfer | undefined> {
  const { known, signal, isPage = false, expectedBytes, maxBytes = MAX_BYTES, stallMs = STALL_MS } = request;
  const kept = request.kept && resumeValidator(request.kept.version) !== undefined ? request.kept : undefined;
  const watch = watchStalls(stallMs, signal);
  let transfer: Transfer | undefined;
  try {
    const state = { address, watch, signal, stallMs };
    const response = await askServer(state, request.fetch ?? fetch, makeHeaders(kept, known));
    const version = isPage ? versionForPage(response) : versionOf(response);
    if (known && isStillThere(known, response, version)) return undefined;
    const start = findStart(address, response, version, kept);
    if (!start) return await requestFile(address, { ...request, kept: undefined });
    const bytes = start.version.bytes ?? expectedBytes;
    if (expectedBytes !== undefined && bytes !== expectedBytes) throw otherLength(address, expectedBytes, bytes!);
    if (bytes !== undefined && bytes > maxBytes) throw tooLarge(address, String(bytes), maxBytes);
    const arrival = { from: start.from, version: { ...start.version, bytes } };
    const blocks = receiveBlocks({ ...state, ...arrival, body: response.body!, maxBytes });
    transfer = { ...arrival, blocks, close: () => watch.stop() };
    return transfer;
  } finally {
    if (!transfer) watch.stop();
  }
}

function makeHeaders(kept: KeptBytes | undefined, known: FileVersion | undefined): Record<string, string> {
  // A compressed answer has another length, and no bytes that could be resumed. Browsers decide this themselves.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (kept) {
    headers['range'] = `bytes=${kept.bytes}-`;
    headers['if-range'] = resumeValidator(kept.version)!;
  }
  if (known?.etag !== undefined) headers['if-none-match'] = known.etag;
  else if (known?.lastModified !== undefined) headers['if-modified-since'] = known.lastModified;
  return headers;
}

async function askServer(state: TransferState, ask: Fetch, headers: Record<string, string>): Promise<Answer> {
  const { address, watch } = state;
  try {
    return await watch.during(ask(address, { headers, signal: watch.signal }));
  } catch (error) {
    throw explainFailure(error, state, () => describeNoConnection(address.href, error));
  }
}

/** Some servers answer 200 where they could say 304. */
function isStillThere(known: FileVersion, { status }: Answer, version: FileVersion): boolean {
  return status === 304 || (status === 200 && isSameVersion(known, version));
}

/** Which bytes of which version an answer brings; undefined if what was kept is of no use and must be forgotten. */
function findStart(
  address: URL,
  response: Answer,
  answered: FileVersion,
  kept: KeptBytes | undefined,
): { readonly version: FileVersion; readonly from: number } | undefined {
  const { status } = response;
  if (status === 200) return { version: answered, from: 0 };
  if (status === 416 && kept) return undefined;
  if (status !== 206) throw describeStatus(address.href, response);
  const range = response.headers.get('content-range');
  const [, first, total] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(range ?? '') ?? [];
  if (!kept || Number(first) !== kept.bytes) {
    throw wrongRange(address, kept ? `the part from byte ${kept.bytes}` : 'the whole file', range);
  }
  // A server that knows Range but not If-Range sends the rest of whatever is there now.
  const version = { ...answered, bytes: total === '*' ? kept.version.bytes : Number(total) };
  return isSameVersion(kept.version, version) ? { version, from: kept.bytes } : undefined;
}
