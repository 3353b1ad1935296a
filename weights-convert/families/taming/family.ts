/**
 * CompVis/taming-transformers: VQGANs, `VQModel` and `GumbelVQ`, as Lightning's checkpoints and as bare state dicts;
 * latent-diffusion's `VQModelInterface` and the first stage of minDALL-E are the same. One file gives both halves. Of a
 * Net2NetTransformer's checkpoint its first stage is taken.
 */
import type { NetArchitecture, NetPart } from '../../../nets/net-kinds.ts';
import type { VqganArchitecture } from '../../../nets/vqgan/architecture.ts';
import { dict } from '../../pickle/build-records.ts';
import type { Family } from '../family.ts';
import { TAMING_MODELS } from './known-models.ts';
import { checkWavelet } from './check-wavelet.ts';
import { partsOf, whyLeftOut } from './names.ts';
import { readVqganShapes, TAMING_SETTINGS } from './read-architecture.ts';

/** The first tensor of ru-dalle's decoder for larger pictures (../rudalle-vae/family.ts). */
const LARGER_DECODER = 'decoder.decoder.conv_in.weight';

/** Where a Net2NetTransformer has what conditions it, which may be a VQGAN too: of maps of labels. */
const CONDITIONS = 'cond_stage_model.';

export const taming: Family<VqganArchitecture> = {
  name: 'taming',
  known: [
    {
      name: "a VQGAN of taming-transformers'",
      note: 'both halves are taken from the one file; minDALL-E’s first stage is one too',
      isSupported: true,
      tensors: ['quantize.embedding.weight:2', 'encoder.conv_in.weight:4', 'post_quant_conv.weight:4'],
    },
    {
      name: "a Gumbel VQGAN of taming-transformers'",
      note: 'both halves are taken from the one file; ruDALL-E’s is one too',
      isSupported: true,
      tensors: ['quantize.embed.weight:2', 'quantize.proj.weight:4', 'encoder.conv_in.weight:4'],
    },
    {
      name: "an autoencoder of latent-diffusion's",
      note: 'such as that of Stable Diffusion has no codebook, so it makes no tokens',
      isSupported: false,
      tensors: ['encoder.conv_in.weight:4', 'quant_conv.weight:4', 'post_quant_conv.weight:4'],
    },
  ],
  models: TAMING_MODELS,
  form: {
    reads: "VQGANs of taming-transformers'",
    anchors: [
      { name: 'encoder.conv_in.weight', part: partOfEncoder, outside: CONDITIONS },
      { name: 'decoder.conv_in.weight', part: partOfDecoder, outside: CONDITIONS },
    ],
    readArchitecture: async (found) => {
      await checkWavelet(found);
      return readVqganShapes(found.shapes, TAMING_SETTINGS);
    },
    partsOf,
    whyLeftOut,
    // What min-dalle computes has its own names; it comes before this in the table.
    owns: isVqgan,
    wrapStateDict: (_, stateDict) => dict([['state_dict', stateDict]]),
  },
};

/** That beside ru-dalle's larger decoder makes other tokens' pictures than it does, and is none of a model of it. */
function partOfEncoder(_: readonly number[], has: (name: string) => boolean): NetPart | undefined {
  return has(LARGER_DECODER) ? undefined : 'encoder';
}

/** With an embedding beside it a decoder is min-dalle's. */
function partOfDecoder(_: readonly number[], has: (name: string) => boolean): NetPart | undefined {
  return has('embedding.weight') ? undefined : 'decoder';
}

function isVqgan({ kind }: NetArchitecture): boolean {
  return kind === 'vqgan-encoder' || kind === 'vqgan-decoder';
}
