/**
 * The sizes of a discrete VAE, read from the shapes of its tensors and never assumed. check-tensors.ts then holds every
 * tensor against them.
 */
import type { Shapes } from '../../contents/shapes.ts';
import {
  GROUP_COUNT,
  MAX_BLOCKS,
  MAX_SIZE,
  checkHidden,
  checkSize,
  type DvaeArchitecture,
} from '../../../nets/dvae/architecture.ts';

/**
 * The architecture that fits the shapes of a state dict: an encoder begins with a 7×7 kernel, a decoder with 1×1.
 *
 * @returns undefined if they are not an official encoder's or decoder's
 */
export function inferArchitecture(shapes: Shapes): DvaeArchitecture | undefined {
  const first = shapes.get('blocks.input.w');
  const last = shapes.get('blocks.output.conv.w');
  if (first?.length !== 4 || last?.length !== 4) return undefined;
  let blocks = 0;
  while (blocks < MAX_BLOCKS && shapes.has(`blocks.group_1.block_${blocks + 1}.res_path.conv_1.w`)) blocks++;
  const [outputs, inputs, kernel] = first as [number, number, number, number];
  const common = { n_blk_per_group: checkSize('n_blk_per_group', blocks, MAX_BLOCKS), group_count: GROUP_COUNT };
  if (kernel === 7) {
    const n_hid = checkHidden(checkSize('n_hid', outputs, MAX_SIZE));
    const vocab_size = checkSize('vocab_size', last[0]!, MAX_SIZE);
    return {
      kind: 'dvae-encoder',
      n_hid,
      input_channels: checkSize('input_channels', inputs, MAX_SIZE),
      vocab_size,
      ...common,
    };
  }
  if (kernel !== 1) return undefined;
  const n_hid = checkHidden(checkSize('n_hid', last[1]!, MAX_SIZE));
  const output_channels = checkSize('output_channels', last[0]! / 2, MAX_SIZE);
  const vocab_size = checkSize('vocab_size', inputs, MAX_SIZE);
  return {
    kind: 'dvae-decoder',
    n_init: checkSize('n_init', outputs, MAX_SIZE),
    n_hid,
    output_channels,
    vocab_size,
    ...common,
  };
}
