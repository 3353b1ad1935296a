/**
 * Attacks through a VQGAN, whose sizes are nowhere said but in the shapes of its tensors, and whose trainer keeps
 * classes as keys. All tensors are windows of strides 0 upon one number, so that a few bytes claim any size.
 */
import type { VqganArchitecture } from '../../nets/vqgan/architecture.ts';
import { expectedVqganTensors } from '../../nets/vqgan/tensors.ts';
import { dict, global, integer, join, pickle, tensor, type Piece } from './pickle-assembler.ts';
import { torchZip } from './torch-assembler.ts';

const ARCHITECTURE: VqganArchitecture = {
  kind: 'vqgan-decoder',
  ch: 32,
  ch_mult: [1],
  num_res_blocks: 1,
  attn_levels: [],
  z_channels: 4,
  embed_dim: 4,
  n_embed: 8,
  quantiser: 'vector',
  epsilon: 1e-6,
  pixel_range: [-1, 1],
  out_ch: 3,
};

/** A tensor of one number, and of any shape. */
const view = (shape: readonly number[]): Piece =>
  tensor(
    '0',
    1,
    shape,
    shape.map(() => 0),
  );

/** A decoder of which some tensors are others. */
function decoder(changes: Readonly<Record<string, Piece>>, prefix = ''): Record<string, Piece> {
  const shapes = [...expectedVqganTensors(ARCHITECTURE)];
  const entries = { ...Object.fromEntries(shapes.map(([name, shape]) => [name, view(shape)])), ...changes };
  return Object.fromEntries(Object.entries(entries).map(([name, piece]) => [prefix + name, piece]));
}

const file = (root: Piece): Uint8Array => torchZip(pickle(root), { 0: 1 });
const checkpointClass = global('pytorch_lightning.callbacks.model_checkpoint', 'ModelCheckpoint');

export const vqganAttacks: readonly [code: string, name: string, make: () => Uint8Array][] = [
  [
    'E_KEYS_EXTRA',
    'a class among the names of a VQGAN',
    () => {
      return file(join(dict(decoder({})), '(', checkpointClass, view([1]), 'u'));
    },
  ],
  [
    'E_PICKLE_EXEC_ATTEMPT',
    'a callback keyed by what runs code',
    () => {
      const callbacks = join('}(', global('os', 'system'), dict({}), 'u');
      return file(dict({ callbacks, state_dict: dict(decoder({})) }));
    },
  ],
  [
    'E_PICKLE_UNKNOWN_CALL',
    "Lightning's callback made by a call",
    () => {
      const callbacks = dict({ best: join(checkpointClass, ')R') });
      return file(dict({ callbacks, state_dict: dict(decoder({})) }));
    },
  ],
  [
    'E_ARCHITECTURE',
    'a codebook of two thousand million rows',
    () => {
      return file(dict(decoder({ 'quantize.embedding.weight': view([2 ** 31 - 1, 1]) })));
    },
  ],
  [
    'E_TENSOR_BUDGET',
    'a codebook of a million rows of sixteen thousand numbers, all one',
    () => {
      const wide = {
        'quantize.embedding.weight': view([2 ** 17, 2 ** 14]),
        'post_quant_conv.weight': view([4, 2 ** 14, 1, 1]),
      };
      return file(dict(decoder(wide)));
    },
  ],
  [
    'E_ARCHITECTURE',
    'a level whose number has six digits',
    () => {
      return file(dict(decoder({ 'decoder.up.999999.block.0.conv1.weight': view([32, 32, 3, 3]) })));
    },
  ],
  [
    'E_ARCHITECTURE',
    'a thousand blocks in a level',
    () => {
      return file(dict(decoder({ 'decoder.up.0.block.999.conv1.weight': view([32, 32, 3, 3]) })));
    },
  ],
  [
    'E_ARCHITECTURE',
    'a width of nothing',
    () => {
      return file(dict(decoder({ 'decoder.up.0.block.0.conv1.weight': view([0, 32, 3, 3]) })));
    },
  ],
  [
    'E_ARCHITECTURE',
    'a width beyond any',
    () => {
      return file(dict(decoder({ 'decoder.up.0.block.0.conv1.weight': view([2 ** 20, 32, 3, 3]) })));
    },
  ],
  [
    'E_NET_UNSUPPORTED',
    'a codebook that is a number',
    () => {
      return file(dict(decoder({ 'quantize.embedding.weight': integer(7) })));
    },
  ],
  [
    'E_NET_UNSUPPORTED',
    'codes numbered anew by a table of the file',
    () => {
      return file(dict(decoder({ 'quantize.used': view([4]) })));
    },
  ],
  [
    'E_ARCHITECTURE',
    'two first stages',
    () => {
      return file(dict({ ...decoder({}, 'a.first_stage_model.'), ...decoder({}, 'b.first_stage_model.') }));
    },
  ],
];
