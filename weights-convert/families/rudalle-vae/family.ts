/**
 * ai-forever/ru-dalle's VQGAN for pictures twice as large, `…-dwt.model.ckpt`: the Gumbel VQGAN with another decoder,
 * one that ends with an inverse wavelet transform. Its encoder still takes the smaller pictures, so only the decoder is
 * taken. The plain `….model.ckpt` is a VQGAN of taming-transformers'.
 *
 * Tensors are given the names of taming's as the file is opened.
 */
import type { VqganArchitecture } from '../../../nets/vqgan/architecture.ts';
import { checkWavelet } from '../taming/check-wavelet.ts';
import { readVqganShapes, TAMING_SETTINGS } from '../taming/read-architecture.ts';
import type { Family } from '../family.ts';

/** What stands for what beside the decoder, by how names begin; the first that fits is meant. */
const RENAMED: readonly (readonly [from: string, to: string])[] = [
  ['decoder.decoder.', 'decoder.'],
  ['decoder.post_quant_conv.', 'post_quant_conv.'],
  ['post_quant_conv.', 'unused.post_quant_conv.'],
];

const LEFT_OUT: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    pattern: /^(encoder|quant_conv|quantize\.proj)\./,
    reason: 'the encoder, of pictures half as large: vqgan.gumbelf8-sber.model.ckpt has it with the decoder of such',
  },
  { pattern: /^unused\.post_quant_conv\./, reason: 'a product that ru-dalle saves and does not compute with' },
  { pattern: /^loss\./, reason: 'the loss of its training' },
];

export const rudalleVae: Family<VqganArchitecture> = {
  name: 'rudalle-vae',
  known: [
    {
      name: "ruDALL-E's VQGAN for larger pictures",
      note: 'its decoder is taken, with the product before it',
      isSupported: true,
      tensors: ['decoder.decoder.conv_in.weight:4', 'quantize.embed.weight:2'],
    },
  ],
  form: {
    reads: "ruDALL-E's decoder of pictures twice as large",
    anchors: [{ name: 'decoder.decoder.conv_in.weight', beside: ['decoder.post_quant_conv.weight'], part: 'decoder' }],
    ownName: (name) => {
      const [from, to] = RENAMED.find(([start]) => name.startsWith(start)) ?? ['', ''];
      return to + name.slice(from.length);
    },
    readArchitecture: async ({ shapes, ...found }) => {
      await checkWavelet(found);
      // The encoder is another's.
      const own = new Map([...shapes].filter(([name]) => !name.startsWith('encoder.')));
      return readVqganShapes(own, TAMING_SETTINGS);
    },
    whyLeftOut: (name) => LEFT_OUT.find(({ pattern }) => pattern.test(name))?.reason,
  },
};
