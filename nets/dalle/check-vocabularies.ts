/** Whether the parts of a DALL·E are of one model: the same image tokens, and no text token that nobody reads. */
import { FormatError } from '../../base/errors.ts';
import type { PictureCoder } from '../picture-coder.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TokenTransformer } from '../token-transformer.ts';

/** Throws FormatError `E_MODEL_MANIFEST` for parts of different models. */
export function checkVocabularies(
  { vocabularies }: PictureCoder,
  { imageVocabulary, textVocabulary }: TokenTransformer,
  { vocabularySize }: Tokenizer,
): void {
  const misfits = Object.entries(vocabularies).filter(([, size]) => size !== imageVocabulary);
  const faults = misfits.map(([part, size]) => `the ${part} has ${size} tokens and the transformer ${imageVocabulary}`);
  if (vocabularySize > textVocabulary) {
    faults.push(`the tokenizer has ${vocabularySize} tokens and the transformer reads ${textVocabulary}`);
  }
  if (faults.length === 0) return;
  throw new FormatError('E_MODEL_MANIFEST', `Dalle: ${faults.join(', and ')}. They are of different models.`);
}
