/**
 * Whether a tokenizer that was made of others' files is one that the weights beside it can have been trained with. A
 * `tokenizer.json` may be anybody's; these files are of known origin, and some look alike.
 */
import { CLIP } from '../../nets/tokenizer/clip-form.ts';
import { MIN_DALLE } from '../../nets/tokenizer/min-dalle-form.ts';
import { tokenizerError, type JsonObject } from '../../nets/tokenizer/vocabulary.ts';
import { YTTM } from '../../nets/tokenizer/yttm-form.ts';
import type { Family } from '../families/family.ts';

/** What people call the files that each type of model is made of. */
const CALLED: Readonly<Record<string, string>> = {
  [MIN_DALLE]: 'min-dalle’s words',
  [YTTM]: 'a model of YouTokenToMe’s',
  [CLIP]: 'CLIP’s words',
  BPE: 'minDALL-E’s words',
};

/**
 * Checks it against the families of all weights; those that read no text do not matter.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function checkFamily(json: JsonObject, families: readonly Family[]): void {
  const { type } = json['model'] as { type: string };
  // Each net of a model has its family, and most have the same.
  const readers = [...new Set(families)].filter(({ tokenizers = [] }) => tokenizers.length > 0);
  if (readers.length === 0 || readers.some(({ tokenizers }) => tokenizers!.some((own) => own.type === type))) return;
  const called = readers.flatMap(({ tokenizers }) => tokenizers!.map((own) => CALLED[own.type]));
  const wanted = [...new Set(called)].join(' or ');
  throw tokenizerError(
    `it holds ${CALLED[type]}, and the weights are of the family ${readers.map(({ name }) => name).join(', ')}, which ` +
      `reads ${wanted}. If they were trained with it all the same, give its tokenizer.json instead of these files`,
  );
}
