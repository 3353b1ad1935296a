/**
 * ai-forever/ru-dalle: transformers that read Russian, in two versions, as bare state dicts with their masks. Their
 * tensors keep their names, also in a model folder, and ru-dalle loads what is written back.
 */
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import { plainDict } from '../../pickle/build-records.ts';
import { isRecord } from '../../pickle/records.ts';
import type { Family } from '../family.ts';
import { RUDALLE_MODELS } from './known-models.ts';
import { YTTM } from '../../../nets/tokenizer/yttm-form.ts';
import { canonicalName, whyLeftOut } from './names.ts';
import { describeRudalle, readRudalle, SETTINGS_KEYS } from './open-transformer.ts';

export const rudalle: Family<TransformerArchitecture> = {
  name: 'rudalle',
  known: [
    {
      name: "ruDALL-E's transformer",
      note: 'it is taken with all its tables of positions',
      isSupported: true,
      tensors: [
        'image_row_embeddings.weight:2',
        'image_col_embeddings.weight:2',
        'transformer.layers.0.attention.query_key_value.weight:2',
      ],
    },
  ],
  models: RUDALLE_MODELS,
  tokenizers: [{ type: YTTM }],
  form: {
    reads: 'transformers of ruDALL-E',
    anchors: [
      {
        name: 'image_row_embeddings.weight',
        beside: ['image_col_embeddings.weight', 'text_pos_embeddings.weight'],
        part: 'transformer',
      },
    ],
    sampling: { topK: 2048, topP: 0.995 },
    settings: SETTINGS_KEYS,
    readArchitecture: readRudalle,
    whyLeftOut,
    owns: (architecture) => architecture.kind === 'transformer' && architecture.names === 'rudalle',
    netName: canonicalName,
    wrapStateDict: (architecture, stateDict) => {
      // In the same dictionary: ru-dalle takes the tensors out of it one by one, and asks for nothing else.
      const settings = plainDict(describeRudalle(architecture)).entries;
      if (!isRecord(stateDict) || !('entries' in stateDict)) return stateDict;
      return { ...stateDict, entries: [...settings, ...stateDict.entries] };
    },
  },
};
