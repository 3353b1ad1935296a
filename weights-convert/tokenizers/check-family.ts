/**
 * Whether a tokenizer that was made of others' files is one that the weights beside it can have been trained with. A
 * `tokenizer.json` may be anybody's; these files are of known origin, and some look alike.
 */
import { CLIP } from '../../nets/tokenizer/clip-form.ts';
import { MIN_DALLE } from '../../nets/tokenizer/min-dalle-form.ts';
import { tokenizerError, type JsonObject } from '../../nets/tokenizer/vocabulary.ts';
import { YTTM } from '../../nets/tokenizer/yttm-form.ts';

/** The types of models that the nets of a family read text by. */
const READ_BY: ReadonlyMap<string, readonly string[]> = new Map([
  ['min-dalle', [MIN_DALLE]],
  ['rudalle', [YTTM]],
  ['mindalle', ['BPE']],
  ['dalle-pytorch', [YTTM, CLIP]],
  ['clip', [CLIP]],
]);
const CALLED: Readonly<Record<string, string>> = {
  [MIN_DALLE]: 'min-dalle’s words',
  [YTTM]: 'a model of YouTokenToMe’s',
  [CLIP]: 'CLIP’s words',
  BPE: 'minDALL-E’s words',
};

/**
 * Checks it against all families of the weights; those that read no text do not matter.
 *
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function checkFamily(json: JsonObject, families: readonly string[]): void {
  const { type } = json['model'] as { type: string };
  const readers = families.filter((family) => READ_BY.has(family));
  if (readers.length === 0 || readers.some((family) => READ_BY.get(family)!.includes(type))) return;
  const wanted = readers.flatMap((family) => READ_BY.get(family)!.map((own) => CALLED[own])).join(' or ');
  throw tokenizerError(
    `it holds ${CALLED[type]}, and the weights are of the family ${readers.join(', ')}, which reads ${wanted}. If they ` +
      'were trained with it all the same, give its tokenizer.json instead of these files',
  );
}
