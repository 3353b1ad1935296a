/** Loads models in Node: from folders, paths and addresses, onto the shared device unless told. */
import { checkObject } from '../../base/check-argument.ts';
import { bundledModel } from '../../base/node/package-files.ts';
import type { Device, RunOutput, Tensor } from '../../engine/index.ts';
import { checkLoadOptions } from '../../nets/checks.ts';
import type { Clip, ClipOptions } from '../../nets/clip/clip.ts';
import type { Dalle } from '../../nets/dalle/dalle.ts';
import { Dvae } from '../../nets/dvae/dvae.ts';
import type { PictureCoder } from '../../nets/picture-coder.ts';
import { startProcess } from '../../nets/tokenizer/node/start-process.ts';
import { openTokenizer as openTokenizerOf, type OpenTokenizerOptions } from '../../nets/tokenizer/open-tokenizer.ts';
import type { Tokenizer } from '../../nets/tokenizer/tokenizer.ts';
import type { Precision } from '../../nets/weight-tree.ts';
import { run as runOn } from '../../ops/index.ts';
import type { Model } from '../../weights-convert/model-folder/open-model.ts';
import { openModelFolder, type OpenFolderOptions } from '../../weights-convert/node/open-model-folder.ts';
import { openSource } from '../../weights-convert/node/open-source.ts';
import { CLIP_PARTS, createClip as createClipOf } from '../clip.ts';
import { createDalle as createDalleOf, type DalleOptions } from '../dalle.ts';
import { openCheckpoints, type CheckpointPair } from '../dvae.ts';
import { handOver } from '../hand-over.ts';
import { freeMemoryFor } from './free-memory.ts';
import { CODER_PARTS, createPictureCoder } from '../picture-coder.ts';
import { openShared } from './open.ts';

/** Where a discrete VAE computes, and how its files are opened. */
export interface LoadDvaeOptions extends OpenFolderOptions {
  /** Where it computes; without one, a device that is opened once and shared. */
  readonly device?: Device;
  /** See `DvaeOptions` [full]. */
  readonly precision?: Precision;
}

/**
 * Loads a discrete VAE from a model folder (the bundled one unless told), or straight from one or two checkpoints,
 * which nothing can be compared with: paths, addresses (downloaded once, see `downloadFile`), or bytes from anywhere.
 * Weights are read from their files when a picture first needs them; `dispose` closes them.
 *
 * @throws FormatError and UnsafeFileError for files that are no such model; as `downloadFile`; ContextError as `open`
 */
export async function loadDVAE(
  source: string | URL | CheckpointPair = bundledModel,
  given: LoadDvaeOptions = {},
): Promise<Dvae> {
  checkLoadOptions('loadDVAE', given);
  const { device, precision = 'full', ...options } = given;
  const parts =
    typeof source === 'string' || source instanceof URL
      ? await openModelFolder(source, CODER_PARTS, options)
      : await openCheckpoints(source, (named) => openSource(named, options));
  return handOver(parts, async () => new Dvae(parts, { device: device ?? (await openShared()), precision }));
}

/** Where a coder of pictures computes, and how its files are opened. */
export type LoadPictureCoderOptions = LoadDvaeOptions;

/**
 * Loads the coder of pictures of a model folder (the bundled one unless told), whatever its family: a discrete VAE, or
 * a VQGAN. The folder is a path or an address, as `openModelFolder` takes it.
 *
 * @throws FormatError for a folder that is no such model, `E_MODEL_MANIFEST` for nets of two families; ContextError as
 *   `open`
 */
export async function loadPictureCoder(
  folder: string | URL = bundledModel,
  given: LoadPictureCoderOptions = {},
): Promise<PictureCoder> {
  checkLoadOptions('loadPictureCoder', given);
  const { device, precision = 'full', ...options } = given;
  return handOver(await openModelFolder(folder, CODER_PARTS, options), async (parts) => {
    return createPictureCoder(parts, { device: device ?? (await openShared()), precision });
  });
}

/** Where a DALL·E computes, and how its files are opened. */
export interface LoadDalleOptions extends Partial<DalleOptions>, OpenFolderOptions {}

/**
 * Loads a whole DALL·E from a model folder (the bundled one unless told): text in, pictures out. The folder needs a
 * transformer and a tokenizer; it is a path or an address, as `openModelFolder` takes it.
 *
 * @throws DalleError `E_PART_MISSING`; FormatError for a folder that is no such model; ContextError as `open`
 */
export async function loadDalle(folder: string | URL = bundledModel, given: LoadDalleOptions = {}): Promise<Dalle> {
  checkLoadOptions('loadDalle', given);
  const { device, ...options } = given;
  return handOver(await openModelFolder(folder, undefined, options), async (model) => {
    return createDalle(model, { device: device ?? (await openShared()), ...options });
  });
}

/** `createDalle` of `dalle-gl`, where tokenizers of others work in a process of their own. */
export function createDalle(model: Model, options: DalleOptions): Promise<Dalle> {
  const free = options?.device && freeMemoryFor(options.device);
  return createDalleOf(model, { startWorker: startProcess, ...options }, free);
}

/** Where a CLIP computes, and how its files are opened. */
export interface LoadClipOptions extends Partial<ClipOptions>, OpenFolderOptions {}

/**
 * Loads a CLIP, which says how well pictures go with a text, from a model folder: a path or an address, as
 * `openModelFolder` takes it.
 *
 * @throws DalleError `E_PART_MISSING`; FormatError for a folder that is no such model; ContextError as `open`
 */
export async function loadClip(folder: string | URL, given: LoadClipOptions = {}): Promise<Clip> {
  checkLoadOptions('loadClip', given);
  const { device, rules, without, ...options } = given;
  return handOver(await openModelFolder(folder, CLIP_PARTS, options), async (model) => {
    const rewriting = { ...(rules && { rules }), ...(without && { without }) };
    return createClip(model, { device: device ?? (await openShared()), ...rewriting });
  });
}

/** A CLIP of the parts of a folder, where tokenizers of others work in a process of their own. */
export function createClip(model: Model, options: ClipOptions): Promise<Clip> {
  return createClipOf(model, { startWorker: startProcess, ...options });
}

/** `openTokenizer` of `dalle-gl`, where those of others work in a process of their own. */
export function openTokenizer(file: string | Uint8Array, options: OpenTokenizerOptions = {}): Promise<Tokenizer> {
  return openTokenizerOf(file, { startWorker: startProcess, ...options });
}

/** Computes a tensor of constants at once, on the shared device unless told: `await run(conv2d(x, w))`. */
export async function run(tensor: Tensor, options: { readonly device?: Device } = {}): Promise<RunOutput> {
  checkObject('run', 'options', options);
  return runOn(options.device ?? (await openShared()), tensor);
}
