/** The caller's wish to stop, as the engine's error. */
import { AbortedError } from '../base/errors.ts';
import type { StopSignal } from './device.ts';

/** Throws AbortedError `E_ABORTED` once the signal has fired. */
export function throwIfAborted(signal: StopSignal | undefined, where: string): void {
  if (signal?.aborted) throw new AbortedError('E_ABORTED', `${where}: stopped on request.`, { cause: signal.reason });
}
