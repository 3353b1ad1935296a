/**
 * How a transfer fails once there is an answer, in words; fetch-failure.ts has the words for no answer or a refusal.
 */
import { AbortedError, DalleError, FormatError } from '../../base/errors.ts';
import type { StallWatch } from './stall-watch.ts';

/** What is known of a transfer while it goes on. */
export interface TransferState {
  readonly address: URL;
  readonly watch: StallWatch;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  readonly stallMs: number;
}

/**
 * What an error means that came while waiting: ours, the caller's wish, silence, or else what `fallback` makes of it.
 */
export function explainFailure(error: unknown, state: TransferState, fallback: () => DalleError): DalleError {
  const { address, watch, signal, stallMs } = state;
  if (error instanceof DalleError) return error;
  if (signal?.aborted) return new AbortedError('E_ABORTED', `download: ${address.href} was interrupted by the caller.`);
  if (!watch.stalled()) return fallback();
  return new FormatError(
    'E_DOWNLOAD_TIMEOUT',
    `download: ${address.href} stood still: no byte came for ${stallMs / 1000} s. The line is probably down or blocked ` +
      'by a firewall. Try again: Node keeps what came, and goes on from there.',
  );
}

/** `E_DOWNLOAD_CUT`: the connection ended before the file did. */
export function cutShort(address: URL, done: number, total: number | undefined, cause?: unknown): FormatError {
  const wanted = total === undefined ? 'and the end was not there' : `of ${total}`;
  return new FormatError(
    'E_DOWNLOAD_CUT',
    `download: the connection to ${address.href} broke after ${done} bytes ${wanted}. Try again: Node keeps what came, ` +
      'and goes on from there.',
    { cause },
  );
}

/** `E_DOWNLOAD_LENGTH`: more came than was announced. */
export function tooLong(address: URL, total: number): FormatError {
  return new FormatError(
    'E_DOWNLOAD_LENGTH',
    `download: ${address.href} was announced with ${total} bytes, and more came. The server is broken, or packs the ` +
      'file on the way without saying so; download it another way and name the file by its path.',
  );
}

/** `E_DOWNLOAD_LENGTH`: another length is announced than the file must have. */
export function otherLength(address: URL, wanted: number, announced: number): FormatError {
  return new FormatError(
    'E_DOWNLOAD_LENGTH',
    `download: ${address.href} has ${announced} bytes, and ${wanted} were expected. It is probably of another version ` +
      'than the files beside it; if nothing was updated just now, tell whoever keeps the server.',
  );
}

/** `E_FILE_TOO_LARGE`: more than is accepted, announced or already here. */
export function tooLarge(address: URL, found: string, maxBytes: number): FormatError {
  return new FormatError(
    'E_FILE_TOO_LARGE',
    `download: ${address.href} has ${found} bytes, and at most ${maxBytes} are accepted. It is probably no checkpoint; ` +
      'if it is, raise maxBytes.',
  );
}

/** `E_DOWNLOAD_RANGE`: a part of the file came that nobody asked for. */
export function wrongRange(address: URL, wanted: string, got: string | null): FormatError {
  return new FormatError(
    'E_DOWNLOAD_RANGE',
    `download: ${wanted} was asked of ${address.href}, and the server sent ${got ?? 'a part without saying which'}. It ` +
      'is broken; nothing of this download was kept. Try again, or download it another way and name the file.',
  );
}
