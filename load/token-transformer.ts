/**
 * The net of a model folder that draws image tokens, whatever its family: its kind says which class it wants. An
 * encoder of texts beside it is for the kinds that have one.
 */
import { DalleError } from '../base/errors.ts';
import { Bart } from '../nets/bart/bart.ts';
import type { NetsByPart } from '../nets/net-kinds.ts';
import type { TokenTransformer } from '../nets/token-transformer.ts';
import type { TransformerOptions } from '../nets/transformer/options.ts';
import { Transformer } from '../nets/transformer/transformer.ts';
import { isKind, type Weights, type WeightsOf } from '../nets/weights.ts';
import type { ModelWeights } from '../weights-convert/model-folder/open-model.ts';

type Drawing = Weights<NetsByPart['transformer']>;

/**
 * The net that weights make, which owns their files from then on.
 *
 * @throws DalleError `E_PART_MISSING`; FormatError `E_MODEL_MANIFEST` for an encoder of another model
 */
export function createTokenTransformer(
  transformer: Drawing,
  { text_encoder: encoder }: ModelWeights,
  options: TransformerOptions,
): TokenTransformer {
  if (isKind(transformer, 'transformer')) return new Transformer(transformer, options);
  if (encoder === undefined) throw missingEncoder();
  return new Bart({ encoder, decoder: transformer as WeightsOf<'bart-decoder'> }, options);
}

function missingEncoder(): DalleError {
  return new DalleError(
    'E_PART_MISSING',
    'createDalle: this decoder looks at what an encoder makes of the text, and the model has no text encoder. Convert ' +
      'all parts together into a new folder: dalle-gl convert encoder.pt decoder.pt detoker.pt vocab.json merges.txt -o DIR.',
  );
}
