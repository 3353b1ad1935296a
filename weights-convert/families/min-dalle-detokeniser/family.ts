/**
 * kuprel/min-dalle's detoker.pt: the decoder of a VQGAN, which its own code computes otherwise than taming's. Its norms
 * have PyTorch's epsilon, and its pixels go from 0 to 1. Its tensors keep their names, also in a model folder.
 */
import type { NetArchitecture } from '../../../nets/net-kinds.ts';
import type { VqganArchitecture } from '../../../nets/vqgan/architecture.ts';
import type { Shapes } from '../../contents/shapes.ts';
import type { Family } from '../family.ts';
import { readVqganShapes, type VqganSettings } from '../taming/read-architecture.ts';

const SETTINGS: VqganSettings = { epsilon: 1e-5, pixel_range: [0, 1] };

/** The codebook, by its own name and by taming's; all other tensors are called the same. */
const OWN_CODEBOOK = 'embedding.weight';
const CODEBOOK = 'quantize.embedding.weight';

export const minDalleDetokeniser: Family<VqganArchitecture> = {
  name: 'min-dalle-detokeniser',
  known: [
    {
      name: "min-dalle's detokeniser",
      note: 'a decoder without an encoder: it draws and encodes no pictures',
      isSupported: true,
      tensors: ['embedding.weight:2', 'post_quant_conv.weight:4', 'decoder.conv_in.weight:4'],
    },
  ],
  form: {
    reads: "min-dalle's detokeniser (detoker.pt)",
    licence: 'MIT',
    anchors: [{ name: OWN_CODEBOOK, beside: ['decoder.conv_in.weight', 'post_quant_conv.weight'], part: 'decoder' }],
    readArchitecture: ({ shapes }) => readVqganShapes(nameAsTaming(shapes), SETTINGS),
    owns: isDetokeniser,
    netName(name) {
      if (name === OWN_CODEBOOK) return { name: CODEBOOK };
      return /^(decoder|post_quant_conv)\./.test(name) ? { name } : undefined;
    },
  },
};

function nameAsTaming(shapes: Shapes): Shapes {
  return new Map([...shapes].map(([name, shape]) => [name === OWN_CODEBOOK ? CODEBOOK : name, shape]));
}

function isDetokeniser(architecture: NetArchitecture): boolean {
  if (architecture.kind !== 'vqgan-decoder') return false;
  const { epsilon, pixel_range } = architecture;
  return epsilon === SETTINGS.epsilon && pixel_range[0] === SETTINGS.pixel_range[0];
}
