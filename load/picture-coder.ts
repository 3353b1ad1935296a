/**
 * The coder of pictures that a model folder has, whatever its family: one table says which class its nets want. What
 * needs no more than tokens and pictures opens a coder by this, and never names a family.
 */
import { checkText } from '../base/check-argument.ts';
import { FormatError } from '../base/errors.ts';
import { checkModelOptions } from '../nets/checks.ts';
import { DiscreteVae } from '../nets/discrete-vae/discrete-vae.ts';
import { Dvae } from '../nets/dvae/dvae.ts';
import type { NetKind } from '../nets/net-kinds.ts';
import type { PictureCoder } from '../nets/picture-coder.ts';
import { Vqgan } from '../nets/vqgan/vqgan.ts';
import type { Precision } from '../nets/weight-tree.ts';
import type { Device, RewriteOptions } from '../ops/index.ts';
import { downloadModel, type DownloadModelOptions } from '../weights-convert/model-folder/download-model.ts';
import type { ModelWeights } from '../weights-convert/model-folder/open-model.ts';
import { handOver } from './hand-over.ts';

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
  { kinds: ['vqgan-encoder', 'vqgan-decoder'], make: (parts, options) => new Vqgan(parts, options) },
  {
    kinds: ['discrete-vae-encoder', 'discrete-vae-decoder'],
    make: (parts, options) => new DiscreteVae(parts, options),
  },
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

/** Where a coder of pictures computes, and how its files are downloaded. */
export interface LoadPictureCoderOptions extends DownloadModelOptions {
  /** Where it computes. */
  readonly device: Device;
  /** See `DvaeOptions` [full]. */
  readonly precision?: Precision;
}

/**
 * Loads the coder of pictures of a model folder, whatever its family: a discrete VAE, or a VQGAN. Its files are held as
 * `Blob`s until `dispose`.
 *
 * @param folder address of the folder or of its `model.json`, relative to the page if it likes
 * @throws FormatError as `openModel`, `downloadBlob`, and `E_MODEL_MANIFEST` for nets of two families; AbortedError
 *   `E_ABORTED`
 */
export async function loadPictureCoder(folder: string | URL, given: LoadPictureCoderOptions): Promise<PictureCoder> {
  if (!(folder instanceof URL)) checkText('loadPictureCoder', 'folder, an address', folder);
  checkModelOptions('loadPictureCoder', given);
  const { device, precision = 'full', ...options } = given;
  const model = await downloadModel(folder, options, CODER_PARTS);
  return handOver(model, (parts) => createPictureCoder(parts, { device, precision }));
}
