/**
 * The tensors of OpenAI's dVAE: the exact name and shape of each, in the order of the official state dict (`.w` before
 * `.b`). The converter checks files against this list, the nets look their weights up by it.
 *
 * Follows the released `dall_e` package: four groups of residual blocks, each block a skip path (a 1×1 convolution
 * where the channel count changes) beside four convolutions. Weights are OIHW.
 */
import { checkObject } from '../../base/check-argument.ts';
import { readSizes, type DvaeArchitecture } from './architecture.ts';

/** Throws UsageError `E_ARGUMENT`, FormatError `E_ARCHITECTURE`. */
function checkArchitecture(where: string, architecture: DvaeArchitecture): void {
  checkObject(where, 'an architecture', architecture);
  readSizes(architecture.kind, new Map(Object.entries(architecture)));
}

/** One convolution of the net: `name` without `.w` and `.b`, channels in and out, and the side of its kernel. */
export interface ConvolutionSpec {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
}

/** What the residual branch of a block is multiplied by before it joins the skip path. */
export function postGain(architecture: DvaeArchitecture): number {
  checkArchitecture('postGain', architecture);
  return 1 / (architecture.group_count * architecture.n_blk_per_group) ** 2;
}

/** Channels of group `group`, counted from 1: doubling along the encoder, halving along the decoder. */
export function groupChannels(architecture: DvaeArchitecture, group: number): number {
  const doublings = architecture.kind === 'dvae-encoder' ? group - 1 : architecture.group_count - group;
  return architecture.n_hid * 2 ** doublings;
}

/** The convolutions of a net in the order of its state dict. */
export function listConvolutions(architecture: DvaeArchitecture): ConvolutionSpec[] {
  checkArchitecture('listConvolutions', architecture);
  const isEncoder = architecture.kind === 'dvae-encoder';
  const [first, last] = isEncoder
    ? [{ inputs: architecture.input_channels, outputs: architecture.n_hid, kernel: 7 }, architecture.vocab_size]
    : [{ inputs: architecture.vocab_size, outputs: architecture.n_init, kernel: 1 }, 2 * architecture.output_channels];
  // Full-size kernels look at the picture's side of a block, 1×1 ones at the tokens' side.
  const kernels = isEncoder ? [3, 3, 3, 1] : [1, 3, 3, 3];
  const convolutions: ConvolutionSpec[] = [{ name: 'blocks.input', ...first }];
  let channels = first.outputs;
  for (let group = 1; group <= architecture.group_count; group++) {
    const outputs = groupChannels(architecture, group);
    for (let block = 1; block <= architecture.n_blk_per_group; block++) {
      const path = `blocks.group_${group}.block_${block}`;
      if (channels !== outputs) {
        convolutions.push({ name: `${path}.id_path`, inputs: channels, outputs, kernel: 1 });
      }
      const hidden = outputs / 4;
      const widths = [channels, hidden, hidden, hidden, outputs];
      kernels.forEach((kernel, index) => {
        const name = `${path}.res_path.conv_${index + 1}`;
        convolutions.push({ name, inputs: widths[index]!, outputs: widths[index + 1]!, kernel });
      });
      channels = outputs;
    }
  }
  convolutions.push({ name: 'blocks.output.conv', inputs: channels, outputs: last, kernel: 1 });
  return convolutions;
}

/** Every tensor of a net: name → shape, weights OIHW and biases [O], in the order of the official state dict. */
export function expectedTensors(architecture: DvaeArchitecture): Map<string, number[]> {
  const tensors = new Map<string, number[]>();
  for (const { name, inputs, outputs, kernel } of listConvolutions(architecture)) {
    tensors.set(`${name}.w`, [outputs, inputs, kernel, kernel]);
    tensors.set(`${name}.b`, [outputs]);
  }
  return tensors;
}
