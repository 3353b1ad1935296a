/** A wait that an `AbortSignal` ends at once, for work that has no way to be told of it. */
import { AbortedError } from './errors.ts';

/** What `work` gives, unless the signal fires first: then AbortedError `E_ABORTED`, and nobody waits for the work. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return work;
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new AbortedError('E_ABORTED', 'Stopped, because the caller aborted it.'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
