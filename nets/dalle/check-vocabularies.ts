/** Whether the parts of a DALL·E are of one model: the same image tokens, and no text token that nobody reads. */
import { FormatError } from '../../base/errors.ts';
import type { PictureCoder } from '../picture-coder.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TransformerArchitecture } from '../transformer/architecture.ts';

/** Throws FormatError `E_MODEL_MANIFEST` for parts of different models. */
export function checkVocabularies(
  { vocabularies }: PictureCoder,
  { image_vocab, text_vocab }: TransformerArchitecture,
  { vocabularySize }: Tokenizer,
): void {
  const misfits = Object.entries(vocabularies).filter(([, size]) => size !== image_vocab);
  const faults = misfits.map(([part, size]) => `the ${part} has ${size} tokens and the transformer ${image_vocab}`);
  if (vocabularySize > text_vocab) {
    faults.push(`the tokenizer has ${vocabularySize} tokens and the transformer reads ${text_vocab}`);
  }
  if (faults.length === 0) return;
  throw new FormatError('E_MODEL_MANIFEST', `Dalle: ${faults.join(', and ')}. They are of different models.`);
}
