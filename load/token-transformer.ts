/**
 * The net of a model folder that draws image tokens, whatever its family: one table says which class its kind wants. An
 * encoder of texts beside it is for the kinds that have one.
 */
import { DalleError } from '../base/errors.ts';
import { Bart } from '../nets/bart/bart.ts';
import type { NetsByPart } from '../nets/net-kinds.ts';
import type { TokenTransformer } from '../nets/token-transformer.ts';
import type { TransformerOptions } from '../nets/transformer/options.ts';
import { Transformer } from '../nets/transformer/transformer.ts';
import { isKind, type Weights } from '../nets/weights.ts';
import type { ModelWeights } from '../weights-convert/model-folder/open-model.ts';

type Drawing = Weights<NetsByPart['transformer']>;

/** One line a kind: what makes the net of its weights, and of the model's other parts. Undefined for another kind. */
type Make = (transformer: Drawing, model: ModelWeights, options: TransformerOptions) => TokenTransformer | undefined;

const KINDS: readonly Make[] = [
  (transformer, _model, options) =>
    isKind(transformer, 'transformer') ? new Transformer(transformer, options) : undefined,
  (decoder, { text_encoder: encoder }, options) => {
    if (!isKind(decoder, 'bart-decoder')) return undefined;
    if (encoder === undefined) throw missingEncoder();
    return new Bart({ encoder, decoder }, options);
  },
];

/**
 * The net that weights make, which owns their files from then on.
 *
 * @throws DalleError `E_PART_MISSING`; FormatError `E_MODEL_MANIFEST` for an encoder of another model
 */
export function createTokenTransformer(
  transformer: Drawing,
  model: ModelWeights,
  options: TransformerOptions,
): TokenTransformer {
  for (const make of KINDS) {
    const made = make(transformer, model, options);
    if (made) return made;
  }
  // The table of kinds has one that this table has not.
  throw new Error(`no class computes a ${transformer.architecture.kind}`);
}

function missingEncoder(): DalleError {
  return new DalleError(
    'E_PART_MISSING',
    'createDalle: this decoder looks at what an encoder makes of the text, and the model has no text encoder. Convert ' +
      'all parts together into a new folder: dalle-gl convert encoder.pt decoder.pt detoker.pt vocab.json merges.txt -o DIR.',
  );
}
