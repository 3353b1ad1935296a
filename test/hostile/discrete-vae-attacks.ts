/**
 * Attacks through DALLE-pytorch's own VAE, whose sizes lie in the shapes of its tensors and in hparams beside them. All
 * tensors are windows of strides 0 upon one number, so that a few bytes claim any size.
 */
import type { DiscreteVaeArchitecture } from '../../nets/discrete-vae/architecture.ts';
import { expectedDiscreteVaeTensors } from '../../nets/discrete-vae/tensors.ts';
import { dict, global, integer, join, pickle, tensor, type Piece } from './pickle-assembler.ts';
import { torchZip } from './torch-assembler.ts';

const ARCHITECTURE: DiscreteVaeArchitecture = {
  kind: 'discrete-vae-decoder',
  channels: 3,
  num_layers: 1,
  num_resnet_blocks: 1,
  hidden_dim: 4,
  num_tokens: 8,
  codebook_dim: 4,
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
function decoder(changes: Readonly<Record<string, Piece>>): Record<string, Piece> {
  const shapes = [...expectedDiscreteVaeTensors(ARCHITECTURE)];
  return { ...Object.fromEntries(shapes.map(([name, shape]) => [name, view(shape)])), ...changes };
}

const file = (root: Piece): Uint8Array => torchZip(pickle(root), { 0: 1 });

export const discreteVaeAttacks: readonly [code: string, name: string, make: () => Uint8Array][] = [
  [
    'E_ARCHITECTURE',
    'a codebook of four million codes',
    () => {
      return file(dict(decoder({ 'codebook.weight': view([2 ** 22, 4]) })));
    },
  ],
  [
    'E_TENSOR_BUDGET',
    'a codebook of a hundred thousand codes of sixteen thousand numbers, all one',
    () => {
      const wide = { 'codebook.weight': view([2 ** 17, 2 ** 14]), 'decoder.0.weight': view([4, 2 ** 14, 1, 1]) };
      return file(dict(decoder(wide)));
    },
  ],
  [
    'E_ARCHITECTURE',
    'a thousand layers',
    () => {
      const layers = Array.from({ length: 1000 }, (_, at) => [`decoder.${at + 2}.0.weight`, view([4, 4, 4, 4])]);
      return file(dict(decoder(Object.fromEntries(layers) as Record<string, Piece>)));
    },
  ],
  [
    'E_ARCHITECTURE',
    'hparams that the tensors do not bear out',
    () => {
      return file(dict({ hparams: dict({ num_layers: integer(7) }), weights: dict(decoder({})) }));
    },
  ],
  [
    'E_PICKLE_EXEC_ATTEMPT',
    'hparams that run code',
    () => {
      return file(dict({ hparams: join(global('os', 'system'), ')R'), weights: dict(decoder({})) }));
    },
  ],
  [
    'E_KEYS_MISSING',
    'a kernel that is a number',
    () => {
      return file(dict(decoder({ 'decoder.1.net.2.weight': integer(7) })));
    },
  ],
];
