/** The worker of the CPU device in Node: the file that start-worker.ts starts. */
import { parentPort } from 'node:worker_threads';
import { createWorkerSide } from '../../../engine/cpu/worker-side.ts';
import type { Order } from '../../../engine/cpu/messages.ts';

const obey = createWorkerSide({
  report: (report) => parentPort!.postMessage(report),
  // Not by a timer, which takes a millisecond.
  giveTurn: () => new Promise((resolve) => void setImmediate(resolve)),
  loadOps: async () => (await import('../loops.ts')).loops,
});
parentPort!.on('message', (order: Order) => void obey(order));
