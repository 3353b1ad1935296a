/**
 * The tensors of DALLE-pytorch's DiscreteVAE: the exact name and shape of each, as its state dict has them. The
 * converter checks files against this list, the nets look their weights up by it.
 *
 * Kernels are OIHW, but for those of transposed convolutions, which PyTorch keeps as [inputs, outputs, 4, 4].
 */
import type {
  DiscreteVaeArchitecture,
  DiscreteVaeDecoderArchitecture,
  DiscreteVaeEncoderArchitecture,
} from './architecture.ts';

type NamedShape = [name: string, shape: number[]];

/** Every tensor of either half: name → shape. */
export function expectedDiscreteVaeTensors(architecture: DiscreteVaeArchitecture): Map<string, number[]> {
  const isEncoder = architecture.kind === 'discrete-vae-encoder';
  return new Map(isEncoder ? listEncoder(architecture) : listDecoder(architecture));
}

/** Where modules lie in the decoder: its layers come behind its blocks, and those behind a 1×1 convolution. */
export function placesOf({ num_layers, num_resnet_blocks }: DiscreteVaeArchitecture): {
  readonly firstLayer: number;
  readonly last: number;
} {
  const firstLayer = num_resnet_blocks > 0 ? 1 + num_resnet_blocks : 0;
  return { firstLayer, last: firstLayer + num_layers };
}

function listEncoder(architecture: DiscreteVaeEncoderArchitecture): NamedShape[] {
  const { channels, num_layers, num_resnet_blocks, hidden_dim, num_tokens } = architecture;
  const layers = count(num_layers).flatMap((layer) => {
    return listConvolution(`encoder.${layer}.0`, [hidden_dim, layer === 0 ? channels : hidden_dim, 4, 4]);
  });
  const blocks = count(num_resnet_blocks).flatMap((block) => listBlock(`encoder.${num_layers + block}`, hidden_dim));
  const last = listConvolution(`encoder.${num_layers + num_resnet_blocks}`, [num_tokens, hidden_dim, 1, 1]);
  return [...layers, ...blocks, ...last];
}

function listDecoder(architecture: DiscreteVaeDecoderArchitecture): NamedShape[] {
  const { channels, num_layers, num_resnet_blocks, hidden_dim, num_tokens, codebook_dim } = architecture;
  const hasBlocks = num_resnet_blocks > 0;
  const { firstLayer, last } = placesOf(architecture);
  const layers = count(num_layers).flatMap((layer) => {
    const inputs = layer === 0 && !hasBlocks ? codebook_dim : hidden_dim;
    return listConvolution(`decoder.${firstLayer + layer}.0`, [inputs, hidden_dim, 4, 4], hidden_dim);
  });
  return [
    ['codebook.weight', [num_tokens, codebook_dim]],
    ...(hasBlocks ? listConvolution('decoder.0', [hidden_dim, codebook_dim, 1, 1]) : []),
    ...count(num_resnet_blocks).flatMap((block) => listBlock(`decoder.${1 + block}`, hidden_dim)),
    ...layers,
    ...listConvolution(`decoder.${last}`, [channels, hidden_dim, 1, 1]),
  ];
}

function listConvolution(name: string, kernel: number[], outputs: number = kernel[0]!): NamedShape[] {
  return [
    [`${name}.weight`, kernel],
    [`${name}.bias`, [outputs]],
  ];
}

/** A residual block: two 3×3 convolutions and a 1×1. */
function listBlock(name: string, channels: number): NamedShape[] {
  return [3, 3, 1].flatMap((side, at) => listConvolution(`${name}.net.${2 * at}`, [channels, channels, side, side]));
}

function count(length: number): number[] {
  return Array.from({ length }, (_, at) => at);
}
