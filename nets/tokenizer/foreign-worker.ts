/** The thread of a foreign tokenizer in a browser: the file that foreign-thread.ts starts. */
import { Tokenizer } from '@huggingface/tokenizers';
import { createAnswerer } from './answer-foreign.ts';
import type { Question } from './foreign-thread.ts';

const answer = createAnswerer(Tokenizer);
self.onmessage = ({ data }: MessageEvent<Question>) => self.postMessage(answer(data));
