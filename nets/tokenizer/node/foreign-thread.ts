/** Starts the thread in which a tokenizer of others works, in Node: with a bound on its memory too. */
import { Worker } from 'node:worker_threads';
import type { Answer, ForeignThread, Question, ThreadEvents } from '../foreign-thread.ts';

/** A file of 16 MB, the largest that is read, takes some 200 MB once it is open. */
const MEGABYTES = 512;

export function startThread({ onAnswer, onFailure }: ThreadEvents): ForeignThread {
  const worker = new Worker(new URL('./foreign-worker.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
    // Nothing of the program's own: no flags, no variables, nothing to read or to print to.
    ...{ argv: [], execArgv: [], env: {}, stdin: false, stdout: true, stderr: true },
  });
  worker.on('message', (answer: Answer) => onAnswer(answer));
  worker.on('error', onFailure);
  worker.unref();
  return { ask: (question: Question) => worker.postMessage(question), end: () => void worker.terminate() };
}
