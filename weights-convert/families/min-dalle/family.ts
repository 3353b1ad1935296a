/**
 * kuprel/min-dalle: DALL·E mini and mega as two state dicts of halves, encoder.pt and decoder.pt. Their tensors keep
 * their names. The weights of most norms are not in the files: they were trained without, and are taken as 1. The
 * third file, detoker.pt, is a VQGAN's decoder.
 */
import type { BartArchitecture } from '../../../nets/bart/architecture.ts';
import type { Family } from '../family.ts';
import { MIN_DALLE_MODELS } from './known-models.ts';
import { MIN_DALLE } from '../../../nets/tokenizer/min-dalle-form.ts';
import { isDecoder, readMinDalle } from './read-architecture.ts';

export const minDalle: Family<BartArchitecture> = {
  name: 'min-dalle',
  known: [
    {
      name: 'the image decoder of min-dalle',
      note: 'it draws together with the encoder of the same model',
      isSupported: true,
      tensors: ['layers.0.glu.fc0.weight:2', 'layers.0.encoder_attn.k_proj.weight:2', 'embed_tokens.weight:2'],
    },
    {
      name: 'the text encoder of min-dalle',
      note: 'a decoder of the same model draws with it',
      isSupported: true,
      tensors: ['layers.0.glu.fc0.weight:2', 'layers.0.self_attn.k_proj.weight:2', 'embed_tokens.weight:2'],
    },
  ],
  models: MIN_DALLE_MODELS,
  tokenizers: [{ type: MIN_DALLE }],
  form: {
    reads: "min-dalle's encoder.pt and decoder.pt",
    anchors: [
      {
        name: 'layers.0.glu.fc0.weight',
        beside: ['embed_tokens.weight'],
        part: (_shape, has) => (isDecoder(has) ? 'transformer' : 'text_encoder'),
      },
    ],
    readArchitecture: ({ shapes }) => readMinDalle(shapes),
    owns: ({ kind }) => kind === 'bart-encoder' || kind === 'bart-decoder',
    licence: 'MIT',
    sampling: { temperature: 1, topK: 256, guidance: 16 },
  },
};
