/** The thread of a foreign tokenizer in Node: the file that foreign-thread.ts starts. */
import { parentPort } from 'node:worker_threads';
import { Tokenizer } from '@huggingface/tokenizers';
import { createAnswerer } from '../answer-foreign.ts';
import type { Question } from '../foreign-thread.ts';

const answer = createAnswerer(Tokenizer);
parentPort!.on('message', (question: Question) => parentPort!.postMessage(answer(question)));
