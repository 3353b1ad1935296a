/**
 * The process of a foreign tokenizer in Node: the file that start-process.ts starts. It ends with the one that started
 * it, however that ends: a thread looks after it, since a regular expression lets nothing else run beside it.
 */
import { isMainThread, Worker } from 'node:worker_threads';
import { Tokenizer } from '@huggingface/tokenizers';
import { createAnswerer } from '../answer-foreign.ts';
import type { Question } from '../foreign-host.ts';

if (isMainThread) {
  new Worker(new URL(import.meta.url)).unref();
  // Ctrl-C is for the one that started it, which ends this one too.
  process.on('SIGINT', () => {});
  const answer = createAnswerer(Tokenizer);
  process.on('message', (question: Question) => process.send!(answer(question)));
  process.send!({ ready: true });
} else {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, 500);
}
