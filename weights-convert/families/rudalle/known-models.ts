/** ruDALL-E's published models, which share their text's tokenizer and their VQGAN (0255cec). */
import type { KnownModel } from '../../known-models/known-model.ts';

const rudalleModel = (name: string, repository: string, file: string, what: string): KnownModel => ({
  name,
  what: `ruDALL-E ${what}: draws pictures of 256 × 256 for texts`,
  language: 'Russian',
  licence: 'none is stated with the weights; the code is under Apache-2.0',
  families: ['rudalle', 'taming'],
  files: [
    { url: `https://huggingface.co/${repository}/resolve/main/${file}`, about: 2_630_000_000 },
    {
      url: 'https://huggingface.co/sberbank-ai/rudalle-utils/resolve/main/vqgan.gumbelf8-sber.model.ckpt',
      about: 276_000_000,
    },
    { url: 'https://huggingface.co/shonenkov/rudalle-utils/resolve/main/bpe.model' },
  ],
  numbers: { halves: 1_310_410_880, floats: 68_995_971 },
});

export const RUDALLE_MODELS: readonly KnownModel[] = [
  rudalleModel('rudalle-malevich', 'sberbank-ai/rudalle-Malevich', 'pytorch_model_v3.bin', 'Malevich'),
  rudalleModel('rudalle-malevich-v2', 'sberbank-ai/rudalle-Malevich', 'pytorch_model_v2.bin', 'Malevich, version 2'),
  rudalleModel('rudalle-emojich', 'sberbank-ai/rudalle-Emojich', 'pytorch_model.bin', 'Emojich'),
  rudalleModel('rudalle-surrealist', 'shonenkov-AI/rudalle-xl-surrealist', 'pytorch_model.bin', 'Surrealist'),
];
