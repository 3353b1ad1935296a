/** CompVis/taming-transformers: VQGANs, known by the names of their modules. There is no net for them yet. */
import type { Family } from '../family.ts';

export const taming: Family = {
  name: 'taming',
  known: [
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
  ],
};
