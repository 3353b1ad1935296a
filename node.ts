/**
 * dalle-gl in Node: a device with no display, models from files, pictures from paths and addresses.
 *
 *     const dvae = await loadDVAE();
 *     const picture = preparePicture(await loadImage('cat.jpg'));
 *     const { tokens, pixels } = await dvae.reconstruct({ data: toPixels(picture), shape: [1, 3, 256, 256] });
 *     await savePng('again.png', fromPixels(pixels.data, pixels.shape)[0]!);
 *
 * Everything of the entry for browsers is here too, except that `open` looks for EGL and not for a canvas.
 */
import { checkObject, checkText } from './base/check-argument.ts';
import { wrapContext } from './engine/context/caller.ts';
import { openNodeContext } from './engine/context/node/open.ts';
import { WebGLDevice, referenceDevice } from './engine/index.ts';
import type { Device, DeviceOptions, ReferenceDevice, RunOutput, Tensor } from './engine/index.ts';
import { checkLoadOptions } from './nets/checks.ts';
import { createDalle as createDalleOf, type Dalle, type DalleOptions } from './nets/dalle/dalle.ts';
import { Dvae } from './nets/dvae/dvae.ts';
import { startProcess } from './nets/tokenizer/node/start-process.ts';
import { openTokenizer as openTokenizerOf, type OpenTokenizerOptions } from './nets/tokenizer/open-tokenizer.ts';
import type { Tokenizer } from './nets/tokenizer/tokenizer.ts';
import type { Precision } from './nets/weight-tree.ts';
import { DVAE_PARTS, openCheckpoints, type CheckpointPair } from './load/dvae.ts';
import { run as runOn } from './ops/index.ts';
import { chooseKernels } from './load/node/kernel-cache.ts';
import { bundledModel } from './base/node/package-files.ts';
import { openModelFolder, type OpenFolderOptions } from './weights-convert/node/open-model-folder.ts';
import { openSource } from './weights-convert/node/open-source.ts';
import type { Model } from './weights-convert/model-folder/open-model.ts';

export * from './index.ts';
export * from './images/node/index.ts';
export { writeFileAtomically, writeOutput, type Parts, type WriteOptions } from './base/node/write-file.ts';
export * from './weights-convert/node/index.ts';
export { createContext } from './engine/context/node/open.ts';
export { isKernelChoice } from './ops/kernel-choice.ts';
export { bundledModel } from './base/node/package-files.ts';

/** `egl` (the best device), `egl:N`, `egl:/path/libEGL.so`, `headless-gl`, or `reference` (float64 loops, slow). */
export type DeviceName = 'egl' | `egl:${string}` | 'headless-gl' | 'reference';

export interface OpenOptions<Name extends DeviceName = DeviceName> extends DeviceOptions {
  /** Where the context comes from [egl]. */
  readonly device?: Name;
  /** A WebGL 2 context of yours instead; it stays yours when the device is disposed. */
  readonly gl?: WebGL2RenderingContext;
  /**
   * Times kernels on the device for at most half a second and takes the fastest, once for each driver; options that are
   * given win [false: the documented defaults, engine/README.md].
   */
  readonly calibrate?: boolean;
}

/**
 * Opens a device. Nothing is computed on the CPU except by `reference`, which has no context.
 *
 * @throws ContextError `E_GL_*`, each with what to install or try; UsageError `E_GL_SOURCE`
 */
export function open(options?: OpenOptions<Exclude<DeviceName, 'reference'>>): Promise<WebGLDevice>;
export function open(options: OpenOptions<'reference'>): Promise<ReferenceDevice>;
export function open(options?: OpenOptions): Promise<WebGLDevice | ReferenceDevice>;
export async function open(given: OpenOptions = {}): Promise<WebGLDevice | ReferenceDevice> {
  checkObject('open', 'options', given);
  const { device = 'egl', gl, calibrate, ...rest } = given;
  checkText('open', 'device', device);
  if (gl === undefined && device === 'reference') return referenceDevice;
  const source = gl !== undefined ? wrapContext(gl) : await openNodeContext({ source: device });
  try {
    return new WebGLDevice(source, calibrate ? { ...(await chooseKernels(source)), ...rest } : rest);
  } catch (error) {
    source.dispose();
    throw error;
  }
}

export interface LoadDvaeOptions extends OpenFolderOptions {
  /** Where it computes; without one, a device that is opened once and shared. */
  readonly device?: Device;
  /** See `DvaeOptions` [full]. */
  readonly precision?: Precision;
}

/**
 * Loads a discrete VAE from a model folder (the bundled one unless told), or straight from one or two checkpoints, which
 * nothing can be compared with: paths, addresses (downloaded once, see `downloadFile`), or bytes from anywhere. Weights are read from their files when a
 * picture first needs them; `dispose` closes them.
 *
 * @throws FormatError and UnsafeFileError for files that are not such a model; as `downloadFile`; ContextError as `open`
 */
export async function loadDVAE(
  source: string | URL | CheckpointPair = bundledModel,
  given: LoadDvaeOptions = {},
): Promise<Dvae> {
  checkLoadOptions('loadDVAE', given);
  const { device, precision = 'full', ...options } = given;
  const parts =
    typeof source === 'string' || source instanceof URL
      ? await openModelFolder(source, DVAE_PARTS, options)
      : await openCheckpoints(source, (named) => openSource(named, options));
  try {
    return new Dvae(parts, { device: device ?? (await openShared()), precision });
  } catch (error) {
    await Promise.all([parts.encoder?.close(), parts.decoder?.close()]);
    throw error;
  }
}

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
  const model = await openModelFolder(folder, undefined, options);
  try {
    return await createDalle(model, { device: device ?? (await openShared()), ...options });
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** `createDalle` of `dalle-gl`, where tokenizers of others work in a process of their own. */
export function createDalle(model: Model, options: DalleOptions): Promise<Dalle> {
  return createDalleOf(model, { startWorker: startProcess, ...options });
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

let shared: Promise<WebGLDevice> | undefined;

/** One device for all, or a new one where the last could not be opened, was disposed or lost its context. */
async function openShared(): Promise<WebGLDevice> {
  const before = shared;
  const device = await before?.catch(() => undefined);
  if (device?.isUsable) return device;
  if (shared === before) shared = open();
  return shared!;
}
