/** The worker of the CPU device in a browser. */
import { giveTurn } from '../../base/give-turn.ts';
import { createWorkerSide } from '../../engine/cpu/worker-side.ts';
import type { Order } from '../../engine/cpu/messages.ts';

const scope = globalThis as unknown as {
  onmessage: (event: { data: Order }) => void;
  postMessage(message: unknown): void;
};
const obey = createWorkerSide({
  report: (report) => scope.postMessage(report),
  giveTurn,
  loadOps: async () => (await import('./loops.ts')).loops,
});
scope.onmessage = ({ data }) => void obey(data);
