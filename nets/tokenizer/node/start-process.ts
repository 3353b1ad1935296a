/**
 * Starts the process in which a tokenizer of others works, in Node. Not a thread: Node ends the whole program when one
 * of its threads runs out of memory.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, ForeignWorker, Question, WorkerEvents } from '../foreign-host.ts';

/** A file of 16 MB, the largest that is read, takes some 200 once it is open. */
const MEGABYTES = 512;

export function startProcess({ onAnswer, onFailure }: WorkerEvents): ForeignWorker {
  const child = fork(fileURLToPath(new URL('./foreign-process.js', import.meta.url)), [], {
    execArgv: [`--max-old-space-size=${MEGABYTES}`],
    env: { ...process.env, NODE_OPTIONS: '' },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('message', (answer) => onAnswer(answer as Answer));
  child.on('error', onFailure);
  child.on('exit', (code, signal) => onFailure(new Error(`its process ended with ${signal ?? code}`)));
  child.unref();
  child.channel?.unref();
  return {
    // A process that has just ended is told of by its exit.
    ask: (question: Question) => void child.send(question, () => {}),
    end: () => {
      child.removeAllListeners('exit');
      child.kill('SIGKILL');
    },
  };
}
