/**
 * Steps that are quick and wait for nothing would keep the thread to themselves: no click, no Ctrl-C and no repaint
 * would get through before the last. So every 50 ms others have a turn.
 */
import { giveTurn } from '../../base/give-turn.ts';

const turnMs = 50;

/**
 * A function to await between two steps: mostly it does nothing.
 * @param now milliseconds that only grow; tests bring their own
 */
export function createTurns(now: () => number = () => performance.now()): () => Promise<void> {
  let last = now();
  return async () => {
    if (now() - last < turnMs) return;
    await giveTurn();
    last = now();
  };
}
