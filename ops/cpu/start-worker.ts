/** Starts a worker of the CPU device in a browser. */
import type { Report, WorkerEvents, WorkerPort } from '../../engine/cpu/messages.ts';

export function startWorker({ onReport, onFailure }: WorkerEvents): WorkerPort {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => onReport(data as Report);
  worker.onerror = ({ message }) => onFailure(new Error(message || 'it could not be fetched'));
  return {
    send: (order) => worker.postMessage(order),
    setBusy: () => {},
    end: () => worker.terminate(),
  };
}
