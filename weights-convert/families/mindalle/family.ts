/**
 * kakaobrain/minDALL-E: the transformer that is its second stage; its first is a VQGAN of taming-transformers'. Its
 * tensors keep their names, also in a model folder, and minDALL-E loads what is written back.
 */
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import { dict } from '../../pickle/build-records.ts';
import type { Family } from '../family.ts';
import { MINDALLE_MODELS } from './known-models.ts';
import { canonicalName } from './names.ts';
import { describeMindalle, readMindalle, SETTINGS_KEYS } from './open-transformer.ts';
import { readConfig } from './read-config.ts';

export const mindalle: Family<TransformerArchitecture> = {
  name: 'mindalle',
  known: [
    {
      name: "minDALL-E's transformer",
      note: 'it is taken with both tables of positions',
      isSupported: true,
      tensors: ['tok_emb_txt.weight:2', 'tok_emb_img.weight:2', 'head_txt.weight:2', 'head_img.weight:2'],
    },
    {
      name: "an iGPT of minDALL-E's",
      note: 'it draws without a text, and there is no net for this',
      isSupported: false,
      tensors: ['tok_emb_img.weight:2', 'pos_emb_img.weight:2', 'head.weight:2', 'blocks.0.attn.key.weight:2'],
    },
  ],
  models: MINDALLE_MODELS,
  tokenizers: [{ type: 'BPE' }],
  form: {
    reads: "minDALL-E's transformer",
    anchors: [
      {
        name: 'tok_emb_txt.weight',
        beside: ['tok_emb_img.weight', 'pos_emb_txt.weight', 'pos_emb_img.weight'],
        part: 'transformer',
      },
    ],
    licence: 'CC-BY-NC-SA-4.0',
    notice:
      'Weights of minDALL-E, by Kakao Brain, for no commercial use; they are under CC-BY-NC-SA 4.0, so name their authors, ' +
      'and share what you make of the weights alike.',
    sampling: { topK: 256 },
    settings: SETTINGS_KEYS,
    settingsFile: {
      part: 'transformer',
      isSuch: () => false, // it is a text
      readText: readConfig,
      companion: 'of minDALL-E together with config.yaml',
      alone:
        'the config.yaml of minDALL-E, which has no weights. Name them too, as in dalle-gl convert config.yaml ' +
        'stage1_last.ckpt stage2_last.ckpt -o DIR.',
    },
    readArchitecture: readMindalle,
    owns: (architecture) => architecture.kind === 'transformer' && architecture.names === 'mindalle',
    netName: canonicalName,
    wrapStateDict: (architecture, stateDict) =>
      dict([
        ['stage2', describeMindalle(architecture)],
        ['state_dict', stateDict],
      ]),
  },
};
