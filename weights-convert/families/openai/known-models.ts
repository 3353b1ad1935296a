/** OpenAI's discrete VAE, as its `dall_e` package names its files. */
import type { KnownModel } from '../../known-models/known-model.ts';

export const OPENAI_MODELS: readonly KnownModel[] = [
  {
    name: 'openai-dvae',
    what: "OpenAI's discrete VAE of 2021: pictures to tokens and back",
    licence: 'Modified MIT',
    families: ['openai'],
    files: [
      {
        url: 'https://cdn.openai.com/dall-e/encoder.pkl',
        bytes: 215_185_363,
        sha256: '96b0f478c2e8d912f745f1bdde186efaac4265d38568a52f33bd40d3a15935d4',
      },
      { url: 'https://cdn.openai.com/dall-e/decoder.pkl', about: 175_360_000 },
    ],
    numbers: { halves: 0, floats: 97_616_006 },
  },
];
