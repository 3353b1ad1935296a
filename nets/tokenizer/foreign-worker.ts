/** The worker of a foreign tokenizer in a browser: the file that foreign-host.ts starts. */
import { Tokenizer } from '@huggingface/tokenizers';
import { createAnswerer } from './answer-foreign.ts';
import type { Question } from './foreign-host.ts';

const answer = createAnswerer(Tokenizer);
self.onmessage = ({ data }: MessageEvent<Question>) => self.postMessage(answer(data));
self.postMessage({ ready: true });
