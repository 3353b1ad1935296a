/**
 * OpenAI's discrete VAE as its `dall_e` package saves it, a pickled module, and as others do, a state dict: Hugging
 * Face's FlavaImageCodebook is the same encoder under names of its own. The names of the net's own code are OpenAI's.
 */
import { readSizes, type DvaeArchitecture } from '../../../nets/dvae/architecture.ts';
import type { NetArchitecture, NetPart } from '../../../nets/net-kinds.ts';
import type { Family } from '../family.ts';
import { OPENAI_MODELS } from './known-models.ts';
import { checkModules } from './check-modules.ts';
import { MODULE_CLASSES, PART_OF_CLASS } from './modules.ts';
import { officialName } from './names.ts';
import { inferArchitecture } from './read-architecture.ts';

export const openai: Family<DvaeArchitecture> = {
  name: 'openai',
  known: [
    {
      name: "OpenAI's dVAE, encoder and decoder",
      note: 'both parts are taken from the one file',
      isSupported: true,
      tensors: ['encoder.blocks.input.w:4', 'decoder.blocks.input.w:4'],
    },
    {
      name: "OpenAI's dVAE, one part",
      note: 'an encoder if its first kernel is 7×7, a decoder if it is 1×1',
      isSupported: true,
      tensors: ['blocks.input.w:4', 'blocks.output.conv.w:4'],
    },
    {
      name: "OpenAI's dVAE encoder as Hugging Face's FLAVA codebook",
      note: "its names are turned back into OpenAI's",
      isSupported: true,
      tensors: ['blocks.input.weight:4', 'blocks.output.conv.weight:4'],
    },
  ],
  models: OPENAI_MODELS,
  form: {
    reads: "an encoder or decoder of OpenAI's dVAE as a module (encoder.pkl, decoder.pkl) or a state dict",
    anchors: ['blocks.input.w', 'blocks.input.weight'].map((name) => ({ name, part: partOfKernel })),
    modules: {
      parts: PART_OF_CLASS,
      classes: MODULE_CLASSES,
      readArchitecture([root]) {
        const { className, attributes } = root!;
        return readSizes(PART_OF_CLASS.get(className) === 'encoder' ? 'dvae-encoder' : 'dvae-decoder', attributes);
      },
      check: checkModules,
    },
    ownName: officialName,
    readArchitecture: ({ shapes }) => inferArchitecture(shapes),
    owns: isDvae,
  },
};

/** An encoder begins with a 7×7 kernel, a decoder with 1×1; one of another rank may have been cut into pieces. */
function partOfKernel(shape: readonly number[]): NetPart | undefined {
  const [, , kernel] = shape;
  if (shape.length !== 4) return 'encoder';
  return kernel === 7 ? 'encoder' : kernel === 1 ? 'decoder' : undefined;
}

function isDvae({ kind }: NetArchitecture): boolean {
  return kind === 'dvae-encoder' || kind === 'dvae-decoder';
}
