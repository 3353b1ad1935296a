/** Starts a worker of the CPU device in Node. It keeps no process alive but while it computes. */
import { Worker } from 'node:worker_threads';
import type { Report, WorkerEvents, WorkerPort } from '../../../engine/cpu/messages.ts';

export function startWorker({ onReport, onFailure }: WorkerEvents): WorkerPort {
  // Words for a program, such as --input-type, do not suit a thread, which could not begin with them.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { execArgv: [] });
  worker.on('message', (report) => onReport(report as Report));
  worker.on('error', onFailure);
  worker.on('exit', (code) => onFailure(new Error(`it exited with ${code}`)));
  return {
    send: (order) => worker.postMessage(order),
    setBusy: (busy) => (busy ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
}
