/** Long walks over a data set let others in now and then, and stop when they are asked to. */
import { AbortedError } from '../../base/errors.ts';
import { giveTurn } from '../../base/give-turn.ts';

/** A turn for others, and then AbortedError `E_ABORTED` where the caller has aborted; `where` is named. */
export async function pause(where: string, signal: AbortSignal | undefined): Promise<void> {
  await giveTurn();
  if (signal?.aborted) throw new AbortedError('E_ABORTED', `${where}: stopped because the caller aborted it.`);
}
