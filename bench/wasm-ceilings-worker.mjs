/** A thread of wasm-ceilings.ts: an instance of the module it is started with, and an answer to each call. */
import { parentPort, workerData } from 'node:worker_threads';

const { instance } = await WebAssembly.instantiate(workerData);
parentPort.on('message', ({ name, given }) => parentPort.postMessage(instance.exports[name](...given)));
