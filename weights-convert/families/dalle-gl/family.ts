/**
 * Transformers that were trained for dalle-gl, in the names of its own code: `{config, state_dict}`. The config says
 * what tensors cannot, such as which keys a query sees.
 */
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import { dict, plainDict } from '../../pickle/build-records.ts';
import { plainEntries } from '../../pickle/records.ts';
import type { Family } from '../family.ts';
import { describeTransformerConfig, readTransformerConfig } from './config.ts';

export const dalleGl: Family<TransformerArchitecture> = {
  name: 'dalle-gl',
  known: [
    {
      name: "a transformer of dalle-gl's",
      note: 'its config says what its tensors cannot, so it is taken as {config, state_dict} or from a model folder',
      isSupported: true,
      tensors: ['text_embedding.weight:2', 'image_embedding.weight:2', 'layers.0.attention.qkv.weight:2'],
    },
  ],
  form: {
    reads: 'transformers of its own',
    anchors: [{ name: 'text_embedding.weight', beside: ['image_embedding.weight'], part: 'transformer' }],
    settings: ['config'],
    readArchitecture({ settings }) {
      const config = plainEntries(settings?.get('config'));
      return config && readTransformerConfig(config);
    },
    owns: (architecture) => architecture.kind === 'transformer' && architecture.names === 'dalle-gl',
    wrapStateDict: (architecture, stateDict) =>
      dict([
        ['config', plainDict(describeTransformerConfig(architecture))],
        ['state_dict', stateDict],
      ]),
  },
};
