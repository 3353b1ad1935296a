/**
 * dalle-gl where there is no Node: everything here runs in a browser or a worker, on a WebGL 2 context of yours or
 * one that it makes. Weights come from addresses and from files that a person chose (`loadDVAE`); paths, EGL and the
 * bundled model are in `dalle-gl/node`.
 */
import { checkObject } from './base/check-argument.ts';
import './base/platform.ts';
import { openBrowserContext, type BrowserContextOptions } from './engine/context/browser.ts';
import { wrapContext } from './engine/context/caller.ts';
import { WebGLDevice, type DeviceOptions } from './engine/index.ts';

export * from './base/errors.ts';
export * from './images/index.ts';
export { createDalle, Dalle } from './nets/dalle/dalle.ts';
export type { DalleOptions, GenerateOptions, GenerateStep } from './nets/dalle/dalle.ts';
export { loadDalle, type LoadDalleOptions } from './load/dalle.ts';
export { isWithinPicture, selectTokens } from './nets/dalle/regions.ts';
export type { Region, Selection } from './nets/dalle/regions.ts';
export * from './nets/dvae/dvae.ts';
export { decoder } from './nets/dvae/decoder.ts';
export { encoder } from './nets/dvae/encoder.ts';
export { loadDVAE, type CheckpointPair, type CheckpointSource, type LoadDvaeOptions } from './load/dvae.ts';
export { likelyPixels, mapPixels, unmapPixels } from './nets/dvae/pixels.ts';
export type { Decoding } from './nets/transformer/decoding.ts';
export { configurations, type ConfigurationName } from './nets/transformer/configurations.ts';
export { countFittingLayers, estimateSeconds, measureSpeed, planTransformer } from './nets/transformer/estimate.ts';
export type { DeviceSpeed, SecondsNeeded, TransformerPlan, Work } from './nets/transformer/estimate.ts';
export { Transformer } from './nets/transformer/transformer.ts';
export type { TransformerOptions } from './nets/transformer/options.ts';
export * from './nets/sampling/index.ts';
export * from './nets/tokenizer/index.ts';
export type { Precision, WeightTree } from './nets/weight-tree.ts';
export * from './ops/index.ts';
// Two modules have a PrepareOptions: the plan's keeps its name.
export type { PrepareOptions as PictureOptions } from './images/index.ts';
export type { PrepareOptions } from './ops/index.ts';
export {
  WebGLDevice,
  referenceDevice,
  type DeviceOptions,
  type KernelChoice,
  type DrawLimits,
  type ReferenceDevice,
} from './engine/index.ts';

export interface OpenOptions extends DeviceOptions, BrowserContextOptions {
  /** A WebGL 2 context of yours; it stays yours when the device is disposed. */
  readonly gl?: WebGL2RenderingContext;
}

/**
 * Opens a device on your context, on your canvas, or on one of its own.
 *
 * @throws ContextError `E_GL_*` when there is no context, or one that cannot compute in float32
 */
export async function open(options: OpenOptions = {}): Promise<WebGLDevice> {
  checkObject('open', 'options', options);
  const { gl, canvas, ...rest } = options;
  const source = gl !== undefined ? wrapContext(gl) : openBrowserContext(canvas !== undefined ? { canvas } : {});
  try {
    return new WebGLDevice(source, rest);
  } catch (error) {
    source.dispose();
    throw error;
  }
}
