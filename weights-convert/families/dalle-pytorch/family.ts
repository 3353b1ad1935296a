/**
 * lucidrains/DALLE-pytorch: transformers that its train_dalle.py trained over OpenAI's discrete VAE. Their tensors keep
 * their names, also in a model folder.
 *
 * One is written back as `{hparams, vae_params, vae_class_name, weights}` without the frozen VAE and the computed
 * buffers, so that `load_state_dict` there needs `strict=False`.
 */
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import { dict, plainDict } from '../../pickle/build-records.ts';
import { plainEntries } from '../../pickle/records.ts';
import type { Family } from '../family.ts';
import { canonicalName, whyLeftOut } from './names.ts';
import {
  describeDallePytorch,
  describeDallePytorchVersion,
  IMAGE_SIDE,
  OPENAI_VAE,
  readDallePytorch,
  SETTINGS_KEYS,
} from './open-transformer.ts';

const NO_STRIDED_NET =
  'its 4×4 convolutions of stride 2 are not those of OpenAI’s dVAE, and there is no net for this yet';

export const dallePytorch: Family<TransformerArchitecture> = {
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
      note: NO_STRIDED_NET,
      isSupported: false,
      tensors: ['codebook.weight:2', 'encoder.0.0.weight:4', 'decoder.0.0.weight:4'],
    },
    {
      name: "DALLE-pytorch's own DiscreteVAE, with residual blocks",
      note: NO_STRIDED_NET,
      isSupported: false,
      tensors: ['codebook.weight:2', 'encoder.0.0.weight:4', 'decoder.0.weight:4'],
    },
  ],
  form: {
    reads: "transformers of DALLE-pytorch's over OpenAI's dVAE, as its training saves them",
    anchors: [
      {
        name: 'to_logits.1.weight',
        beside: ['text_emb.weight', 'image_emb.weight'],
        part: 'transformer',
        within: 'vae.',
      },
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
    readArchitecture: ({ shapes, settings, sourceName }) => settings && readDallePytorch(settings, shapes, sourceName),
    whyLeftOut,
    owns: (architecture) => architecture.kind === 'transformer' && architecture.names === 'dalle-pytorch',
    netName: canonicalName,
    wrapStateDict: (architecture, stateDict) =>
      dict([
        ['hparams', plainDict(describeDallePytorch(architecture))],
        ['version', describeDallePytorchVersion(architecture) ?? null],
        ['vae_params', null],
        ['vae_class_name', OPENAI_VAE],
        ...(architecture.position === 'rotary' ? [[IMAGE_SIDE, architecture.grid[0]] as [string, number]] : []),
        ['weights', stateDict],
      ]),
  },
};
