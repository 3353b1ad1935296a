/**
 * The tensors of a VQGAN: the exact name and shape of each, as the state dict of taming's `VQModel` and `GumbelVQ` has
 * them. The converter checks files against this list, the nets look their weights up by it. A vector quantiser's
 * codebook is a tensor of both halves: the encoder searches it, the decoder looks rows up.
 *
 * Weights are OIHW, the codebook [n_embed, embed_dim].
 */
import {
  levelChannels,
  type VqganArchitecture,
  type VqganDecoderArchitecture,
  type VqganEncoderArchitecture,
} from './architecture.ts';

/** Gathers tensors by the modules that have them. */
class TensorList extends Map<string, number[]> {
  conv(name: string, inputs: number, outputs: number, kernel: 1 | 3): void {
    this.set(`${name}.weight`, [outputs, inputs, kernel, kernel]);
    this.set(`${name}.bias`, [outputs]);
  }

  norm(name: string, channels: number): void {
    this.set(`${name}.weight`, [channels]);
    this.set(`${name}.bias`, [channels]);
  }

  residualBlock(name: string, inputs: number, outputs: number): void {
    this.norm(`${name}.norm1`, inputs);
    this.conv(`${name}.conv1`, inputs, outputs, 3);
    this.norm(`${name}.norm2`, outputs);
    this.conv(`${name}.conv2`, outputs, outputs, 3);
    if (inputs !== outputs) this.conv(`${name}.nin_shortcut`, inputs, outputs, 1);
  }

  attentionBlock(name: string, channels: number): void {
    this.norm(`${name}.norm`, channels);
    for (const part of ['q', 'k', 'v', 'proj_out']) this.conv(`${name}.${part}`, channels, channels, 1);
  }

  /** The blocks of a level, each with its attention where the level has one. */
  level(
    name: string,
    widths: { readonly inputs: number; readonly outputs: number },
    blocks: number,
    attends: boolean,
  ): void {
    const { inputs, outputs } = widths;
    for (let block = 0; block < blocks; block++) {
      this.residualBlock(`${name}.block.${block}`, block === 0 ? inputs : outputs, outputs);
    }
    if (!attends) return;
    for (let block = 0; block < blocks; block++) this.attentionBlock(`${name}.attn.${block}`, outputs);
  }

  middle(name: string, channels: number): void {
    this.residualBlock(`${name}.block_1`, channels, channels);
    this.attentionBlock(`${name}.attn_1`, channels);
    this.residualBlock(`${name}.block_2`, channels, channels);
  }
}

/** Every tensor of either half: name → shape. */
export function expectedVqganTensors(architecture: VqganArchitecture): Map<string, number[]> {
  return architecture.kind === 'vqgan-encoder' ? listEncoder(architecture) : listDecoder(architecture);
}

function listEncoder(architecture: VqganEncoderArchitecture): Map<string, number[]> {
  const { ch, num_res_blocks, attn_levels, z_channels, embed_dim, n_embed, quantiser } = architecture;
  const tensors = new TensorList();
  const widths = levelChannels(architecture);
  const last = widths.length - 1;
  tensors.conv('encoder.conv_in', architecture.in_channels, ch, 3);
  for (const [level, outputs] of widths.entries()) {
    const name = `encoder.down.${level}`;
    tensors.level(name, { inputs: widths[level - 1] ?? ch, outputs }, num_res_blocks, attn_levels.includes(level));
    if (level < last) tensors.conv(`${name}.downsample.conv`, outputs, outputs, 3);
  }
  tensors.middle('encoder.mid', widths[last]!);
  tensors.norm('encoder.norm_out', widths[last]!);
  tensors.conv('encoder.conv_out', widths[last]!, z_channels, 3);
  tensors.conv('quant_conv', z_channels, embed_dim, 1);
  if (quantiser === 'gumbel') tensors.conv('quantize.proj', embed_dim, n_embed, 1);
  else tensors.set('quantize.embedding.weight', [n_embed, embed_dim]);
  return tensors;
}

function listDecoder(architecture: VqganDecoderArchitecture): Map<string, number[]> {
  const { num_res_blocks, attn_levels, z_channels, embed_dim, n_embed } = architecture;
  const tensors = new TensorList();
  const widths = levelChannels(architecture);
  const last = widths.length - 1;
  tensors.set(codebookName(architecture), [n_embed, embed_dim]);
  tensors.conv('post_quant_conv', embed_dim, z_channels, 1);
  tensors.conv('decoder.conv_in', z_channels, widths[last]!, 3);
  tensors.middle('decoder.mid', widths[last]!);
  for (let level = last; level >= 0; level--) {
    const name = `decoder.up.${level}`;
    const outputs = widths[level]!;
    tensors.level(
      name,
      { inputs: widths[level + 1] ?? outputs, outputs },
      num_res_blocks + 1,
      attn_levels.includes(level),
    );
    if (level > 0) tensors.conv(`${name}.upsample.conv`, outputs, outputs, 3);
  }
  tensors.norm('decoder.norm_out', widths[0]!);
  tensors.conv('decoder.conv_out', widths[0]!, (architecture.wavelet ? 4 : 1) * architecture.out_ch, 3);
  if (architecture.wavelet) for (const [name, shape] of WAVELET_FILTERS) tensors.set(name, [...shape]);
  return tensors;
}

/** The filters that ru-dalle saves of its wavelet: low and high, along a column and along a row. */
export const WAVELET_FILTERS: ReadonlyMap<string, readonly number[]> = new Map([
  ['decoder.idwt.g0_col', [1, 1, 2, 1]],
  ['decoder.idwt.g1_col', [1, 1, 2, 1]],
  ['decoder.idwt.g0_row', [1, 1, 1, 2]],
  ['decoder.idwt.g1_row', [1, 1, 1, 2]],
]);

/** What taming calls the rows that codes stand for. */
export function codebookName({ quantiser }: VqganDecoderArchitecture): string {
  return quantiser === 'gumbel' ? 'quantize.embed.weight' : 'quantize.embedding.weight';
}
