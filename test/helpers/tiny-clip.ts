/** A model folder of the tiny CLIP of the goldens, with a tokenizer of as many tokens as it reads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatTokenizer } from '../../nets/tokenizer/tokenizer-json.ts';
import { trainBpe } from '../../nets/tokenizer/train-bpe.ts';
import { convertToModelFolder } from '../../weights-convert/node/convert.ts';
import { clipGolden, TINY } from './clip-golden.ts';

const TEXTS = [
  'a red heart and a blue whale',
  'the quick brown fox jumps over the lazy dog',
  'red red heart heart blue',
];

/** Writes it to `out`, and gives that back; the tokenizer's file lies beside it. */
export async function makeTinyClip(out: string): Promise<string> {
  const tokenizer = trainBpe(TEXTS, { vocabularySize: TINY.text_vocab });
  if (tokenizer.vocabularySize !== TINY.text_vocab) throw new Error(`it has ${tokenizer.vocabularySize} tokens`);
  const file = `${out}.tokenizer.json`;
  writeFileSync(file, formatTokenizer(tokenizer));
  const sources = [clipGolden.path('tiny.weights.safetensors'), join(file)];
  await convertToModelFolder({ sources, out, activation: 'quick-gelu' });
  return out;
}
