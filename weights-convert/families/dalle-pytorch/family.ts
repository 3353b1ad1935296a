/**
 * lucidrains/DALLE-pytorch: transformers that its train_dalle.py trained, over OpenAI's discrete VAE, over a VQGAN of
 * taming-transformers' or over its own DiscreteVAE, which its train_vae.py trained. All tensors keep their names, also
 * in a model folder. Of a transformer's file the VQGAN is found by taming's names, and the DiscreteVAE by its own.
 *
 * A transformer is written back as `{hparams, vae_params, vae_class_name, weights}` without the frozen VAE and the
 * computed buffers, so that `load_state_dict` there needs `strict=False`; a DiscreteVAE's half as `{hparams,
 * weights}`.
 */
import type { DiscreteVaeArchitecture } from '../../../nets/discrete-vae/architecture.ts';
import type { NetArchitecture } from '../../../nets/net-kinds.ts';
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import type { SamplingDefaults } from '../../../nets/sampling/defaults.ts';
import { dict, plainDict } from '../../pickle/build-records.ts';
import { plainEntries, type PickleValue } from '../../pickle/records.ts';
import type { Family } from '../family.ts';
import { CLIP } from '../../../nets/tokenizer/clip-form.ts';
import { YTTM } from '../../../nets/tokenizer/yttm-form.ts';
import { describeDiscreteVaeParams, readDiscreteVaeShapes } from './open-discrete-vae.ts';
import { netNameOf, partsOf, whyLeftOut } from './names.ts';
import {
  describeDallePytorch,
  describeDallePytorchVersion,
  IMAGE_SIDE,
  nameVae,
  readDallePytorch,
  SETTINGS_KEYS,
} from './open-transformer.ts';

/** What generate.py has for `--top_k` unless told. */
const FILTER_THRESHOLD = 0.9;

const BOTH_HALVES = 'both halves are taken from the one file';

export const dallePytorch: Family<TransformerArchitecture | DiscreteVaeArchitecture> = {
  name: 'dalle-pytorch',
  known: [
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
      note: BOTH_HALVES,
      isSupported: true,
      tensors: ['codebook.weight:2', 'encoder.0.0.weight:4', 'decoder.0.0.weight:4'],
    },
    {
      name: "DALLE-pytorch's own DiscreteVAE, with residual blocks",
      note: BOTH_HALVES,
      isSupported: true,
      tensors: ['codebook.weight:2', 'encoder.0.0.weight:4', 'decoder.0.weight:4'],
    },
  ],
  tokenizers: [{ type: YTTM, keepsCase: true }, { type: CLIP }],
  form: {
    reads: "transformers of DALLE-pytorch's, with the VQGAN or DiscreteVAE in their file, as its training saves them",
    anchors: [
      {
        name: 'to_logits.1.weight',
        beside: ['text_emb.weight', 'image_emb.weight'],
        part: 'transformer',
        // OpenAI's dVAE has its own files.
        within: ['vae.enc.', 'vae.dec.'],
      },
      { name: 'encoder.0.0.weight', part: ifKernel('encoder') },
      // A transposed convolution, or with residual blocks the 1×1 before them.
      { name: 'decoder.0.0.weight', beside: ['codebook.weight'], part: ifKernel('decoder') },
      { name: 'decoder.0.weight', beside: ['codebook.weight'], part: ifKernel('decoder') },
    ],
    settings: SETTINGS_KEYS,
    settingsFile: {
      part: 'transformer',
      isSuch: (entries) => plainEntries(entries.get('hparams')) !== undefined,
      companion: 'for DALLE-pytorch together with auxiliary.pt',
      alone:
        "what DALLE-pytorch keeps beside a transformer's weights, without the weights. Name them too: " +
        'mp_rank_00_model_states.pt of the same checkpoint, or after ZeRO training what zero_to_fp32.py makes of it, as in ' +
        'dalle-gl convert auxiliary.pt pytorch_model.bin -o DIR.',
    },
    readArchitecture({ shapes, others = new Map(), settings, sourceName }) {
      const vae = readDiscreteVaeShapes(shapes, settings);
      return vae ?? (settings && readDallePytorch(settings, { shapes, others }, sourceName));
    },
    partsOf,
    whyLeftOut,
    owns: (architecture) => isDiscreteVae(architecture) || isTransformer(architecture),
    netName: netNameOf,
    samplingOf: (architecture) => (isTransformer(architecture) ? describeSampling(architecture) : undefined),
    wrapStateDict: (architecture, stateDict) =>
      isDiscreteVae(architecture)
        ? dict([
            ['hparams', plainDict(describeDiscreteVaeParams(architecture))],
            ['weights', stateDict],
          ])
        : wrapTransformer(architecture, stateDict),
  },
};

function wrapTransformer(architecture: TransformerArchitecture, stateDict: PickleValue): PickleValue {
  return dict([
    ['hparams', plainDict(describeDallePytorch(architecture))],
    ['version', describeDallePytorchVersion(architecture) ?? null],
    ['vae_params', null],
    ['vae_class_name', nameVae(architecture)],
    ...(architecture.position === 'rotary' ? [[IMAGE_SIDE, architecture.grid[0]] as [string, number]] : []),
    ['weights', stateDict],
  ]);
}

/** Its generate.py drops nine tenths of all logits, those of words too, which an image token never is. */
function describeSampling({ text_vocab, text_length, image_vocab }: TransformerArchitecture): SamplingDefaults {
  const logits = text_vocab + text_length + image_vocab; // a pad of its own for each place of the text
  const kept = Math.max(1, Math.floor((1 - FILTER_THRESHOLD) * logits));
  return { temperature: 1, topK: Math.min(kept, image_vocab) };
}

function ifKernel<Part>(part: Part): (shape: readonly number[]) => Part | undefined {
  return (shape) => (shape.length === 4 ? part : undefined);
}

function isDiscreteVae(architecture: NetArchitecture): architecture is DiscreteVaeArchitecture {
  return architecture.kind === 'discrete-vae-encoder' || architecture.kind === 'discrete-vae-decoder';
}

function isTransformer(architecture: NetArchitecture): architecture is TransformerArchitecture {
  return architecture.kind === 'transformer' && architecture.names === 'dalle-pytorch';
}
