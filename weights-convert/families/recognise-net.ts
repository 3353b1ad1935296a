/**
 * Which published net a state dict is of, from the names and shapes of its tensors alone: so that a file dalle-gl has no
 * net for is called by its name, and not just unknown. Recognising is no check; find-nets.ts and check-tensors.ts check.
 *
 * The names are those of the projects' own modules: OpenAI's `dall_e`, Hugging Face's FlavaImageCodebook,
 * lucidrains/DALLE-pytorch, ai-forever/ru-dalle, kakaobrain/minDALL-E and CompVis/taming-transformers.
 */
import { FormatError } from '../../base/errors.ts';
import type { Shapes } from '../contents/shapes.ts';
import { unwrapName } from '../contents/tensor-names.ts';

/** A net that is known by name. */
export interface RecognisedNet {
  readonly name: string;
  /** What of it dalle-gl can use, or why nothing: one sentence without a stop. */
  readonly note: string;
  /** Whether `convert` takes it. */
  readonly isSupported: boolean;
}

interface Fingerprint extends RecognisedNet {
  /** Names that all must be there; a rank behind a colon must fit too. */
  readonly tensors: readonly string[];
}

/** From the particular to the general: the first that fits is it. */
const FINGERPRINTS: readonly Fingerprint[] = [
  {
    name: "OpenAI's dVAE, encoder and decoder",
    note: 'both parts are taken from the one file',
    isSupported: true,
    tensors: ['encoder.blocks.input.w:4', 'decoder.blocks.input.w:4'],
  },
  {
    name: "OpenAI's dVAE, one part",
    note: 'an encoder if its first kernel is 7×7, a decoder if it is 1×1',
    isSupported: true,
    tensors: ['blocks.input.w:4', 'blocks.output.conv.w:4'],
  },
  {
    name: "OpenAI's dVAE encoder as Hugging Face's FLAVA codebook",
    note: "its names are turned back into OpenAI's",
    isSupported: true,
    tensors: ['blocks.input.weight:4', 'blocks.output.conv.weight:4'],
  },
  {
    name: "a transformer of dalle-gl's",
    note: 'its config says what its tensors cannot, so it is taken as {config, state_dict} or from a model folder',
    isSupported: true,
    tensors: ['text_embedding.weight:2', 'image_embedding.weight:2', 'layers.0.attention.qkv.weight:2'],
  },
  {
    name: 'a transformer of DALLE-pytorch',
    note:
      'its hparams say what its tensors cannot, so it is taken as the whole .pt that train_dalle.py saved, or together with the ' +
      'auxiliary.pt that DeepSpeed has beside its weights',
    isSupported: true,
    tensors: ['to_logits.1.weight:2', 'image_emb.weight:2', 'text_emb.weight:2'],
  },
  {
    name: "DALLE-pytorch's own DiscreteVAE",
    note: 'its 4×4 convolutions of stride 2 are not those of OpenAI’s dVAE, and there is no net for this yet',
    isSupported: false,
    tensors: ['codebook.weight:2', 'encoder.0.0.weight:4', 'decoder.0.0.weight:4'],
  },
  {
    name: "DALLE-pytorch's own DiscreteVAE, with residual blocks",
    note: 'its 4×4 convolutions of stride 2 are not those of OpenAI’s dVAE, and there is no net for this yet',
    isSupported: false,
    tensors: ['codebook.weight:2', 'encoder.0.0.weight:4', 'decoder.0.weight:4'],
  },
  {
    name: "ruDALL-E's transformer",
    note: 'it draws through a VQGAN, and there is no net for this yet',
    isSupported: false,
    tensors: [
      'image_row_embeddings.weight:2',
      'image_col_embeddings.weight:2',
      'transformer.layers.0.attention.query_key_value.weight:2',
    ],
  },
  {
    name: "minDALL-E's transformer",
    note: 'it draws through a VQGAN, and there is no net for this yet',
    isSupported: false,
    tensors: ['tok_emb_txt.weight:2', 'tok_emb_img.weight:2', 'head_txt.weight:2', 'head_img.weight:2'],
  },
  {
    name: "a VQGAN of taming-transformers'",
    note: 'this covers minDALL-E’s first stage too, and there is no net for this yet',
    isSupported: false,
    tensors: ['quantize.embedding.weight:2', 'encoder.conv_in.weight:4', 'post_quant_conv.weight:4'],
  },
  {
    name: "a Gumbel VQGAN of taming-transformers'",
    note: 'this covers ruDALL-E’s too, and there is no net for this yet',
    isSupported: false,
    tensors: ['quantize.embed.weight:2', 'quantize.proj.weight:4', 'encoder.conv_in.weight:4'],
  },
];

/** What programs call the net they hold; wrappers of training in parallel are taken off before. */
const HOLDERS: readonly string[] = ['', 'model.'];

/**
 * The published net that tensors of these names and shapes belong to.
 *
 * @returns undefined if they are of none that is known
 */
export function recogniseNet(shapes: Shapes): RecognisedNet | undefined {
  const unwrapped = new Map([...shapes].map(([name, shape]) => [unwrapName(name), shape]));
  for (const holder of HOLDERS) {
    const found = FINGERPRINTS.find(({ tensors }) => tensors.every((tensor) => hasTensor(unwrapped, holder + tensor)));
    if (found) return { name: found.name, note: found.note, isSupported: found.isSupported };
  }
  return undefined;
}

/** @throws FormatError `E_NET_UNSUPPORTED` for a net that is recognised and that dalle-gl cannot compute */
export function refuseUnsupported(shapes: Shapes, sourceName: string): void {
  const found = recogniseNet(shapes);
  if (!found || found.isSupported) return;
  throw new FormatError(
    'E_NET_UNSUPPORTED',
    `openWeights: ${sourceName} holds ${found.name}: ${found.note}. dalle-gl computes OpenAI's dVAE, transformers of its ` +
      'own, and those that DALLE-pytorch trained over that dVAE.',
  );
}

function hasTensor(shapes: Shapes, nameAndRank: string): boolean {
  const colon = nameAndRank.lastIndexOf(':');
  return shapes.get(nameAndRank.slice(0, colon))?.length === Number(nameAndRank.slice(colon + 1));
}
