/**
 * The coder of pictures that a model folder has, whatever its family: one table says which class its nets want. What
 * needs no more than tokens and pictures opens a coder by this, and never names a family.
 */
import { FormatError } from '../base/errors.ts';
import { Dvae } from '../nets/dvae/dvae.ts';
import type { NetKind } from '../nets/net-kinds.ts';
import type { PictureCoder } from '../nets/picture-coder.ts';
import type { Precision } from '../nets/weight-tree.ts';
import type { Device, RewriteOptions } from '../ops/index.ts';
import type { ModelWeights } from '../weights-convert/model-folder/open-model.ts';

/** What a coder of pictures needs of a model folder. */
export const CODER_PARTS: readonly ['encoder', 'decoder'] = ['encoder', 'decoder'];

/** The nets of a coder; either may be missing. */
type CoderParts = Pick<ModelWeights, (typeof CODER_PARTS)[number]>;

/** Where a coder computes, and how exactly. */
interface CoderOptions extends RewriteOptions {
  readonly device: Device;
  readonly precision?: Precision;
}

/** A family of coders: the kinds of its nets, and what makes a coder of them. */
interface CoderFamily {
  readonly kinds: readonly NetKind[];
  make(parts: CoderParts, options: CoderOptions): PictureCoder;
}

const CODERS: readonly CoderFamily[] = [
  { kinds: ['dvae-encoder', 'dvae-decoder'], make: (parts, options) => new Dvae(parts, options) },
];

/**
 * The coder that nets make, which owns their files from then on. Without any it says so when it is asked for work.
 *
 * @throws FormatError `E_MODEL_MANIFEST` for nets of two families; as the constructor of the coder
 */
export function createPictureCoder({ encoder, decoder }: CoderParts, options: CoderOptions): PictureCoder {
  const parts: CoderParts = { ...(encoder && { encoder }), ...(decoder && { decoder }) };
  const kinds = Object.values(parts).map(({ architecture }) => architecture.kind);
  const family = CODERS.find(({ kinds: own }) => kinds.every((kind) => own.includes(kind)));
  if (family) return family.make(parts, options);
  throw new FormatError(
    'E_MODEL_MANIFEST',
    `createPictureCoder: the encoder is a ${kinds[0]} and the decoder a ${kinds[1]}. They are of different models: convert ` +
      'the two that belong together.',
  );
}
