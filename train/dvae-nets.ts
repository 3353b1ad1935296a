/** Both nets of a dVAE as one thing that is trained: its convolutions by name, and the nets over a tree of weights. */
import type { DecoderArchitecture, EncoderArchitecture } from '../nets/dvae/architecture.ts';
import { decoder as runDecoder } from '../nets/dvae/decoder.ts';
import { encoder as runEncoder } from '../nets/dvae/encoder.ts';
import type { DvaeNets } from '../nets/dvae/loss.ts';
import { listConvolutions } from '../nets/dvae/tensors.ts';
import { branchOf } from '../nets/weight-tree.ts';
import type { WeightTree } from '../nets/weight-tree.ts';
import type { ParameterSpec } from './parameters.ts';

/** The nets that are trained. */
export interface DvaePair {
  readonly encoder: EncoderArchitecture;
  readonly decoder: DecoderArchitecture;
}

/** A convolution of either net. Its weights are `name`.w and `name`.b. */
interface NamedConvolution {
  readonly name: string;
  readonly shape: readonly [outputs: number, inputs: number, height: number, width: number];
}

/** What gives the logits of codes, and what gives the statistics of pixels. */
export const LOGITS = 'encoder.blocks.output.conv';
export const STATISTICS = 'decoder.blocks.output.conv';

/** Both nets over weights whose names have `encoder.` and `decoder.` before. */
export function netsOf({ encoder, decoder }: DvaePair, tree: WeightTree): DvaeNets {
  return {
    encode: (pixels) => runEncoder(encoder, branchOf(tree, 'encoder.'), pixels),
    decode: (codes) => runDecoder(decoder, branchOf(tree, 'decoder.'), codes),
  };
}

/** In the order in which a picture goes through them. */
export function nameConvolutions({ encoder, decoder }: DvaePair): NamedConvolution[] {
  return [encoder, decoder].flatMap((architecture) => {
    const part = architecture.kind === 'dvae-encoder' ? 'encoder' : 'decoder';
    return listConvolutions(architecture).map(({ name, inputs, outputs, kernel }) => {
      return { name: `${part}.${name}`, shape: [outputs, inputs, kernel, kernel] as const };
    });
  });
}

/** The last layer's weights first, as their gradients are made. */
export function listSpecs(pair: DvaePair): ParameterSpec[] {
  return nameConvolutions(pair)
    .toReversed()
    .flatMap(({ name, shape }) => [
      { name: `${name}.w`, shape, decays: true },
      { name: `${name}.b`, shape: [shape[0]], decays: false },
    ]);
}
