/**
 * The worker of the CPU device in a browser. It imports all it may need at once: bundlers make one file of a worker,
 * which can fetch no more.
 */
import { giveTurn } from '../../base/give-turn.ts';
import { createWorkerSide } from '../../engine/cpu/worker-side.ts';
import type { Order } from '../../engine/cpu/messages.ts';
import { loops } from './loops.ts';

const scope = globalThis as unknown as {
  onmessage: (event: { data: Order }) => void;
  postMessage(message: unknown): void;
};
const obey = createWorkerSide({
  report: (report) => scope.postMessage(report),
  giveTurn,
  loadOps: async () => loops,
});
scope.onmessage = ({ data }) => void obey(data);
