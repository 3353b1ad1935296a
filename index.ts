/**
 * dalle-gl where there is no Node: everything here runs in a browser or a worker, on a WebGL 2 context of yours or
 * one that it makes. Weights come from `dalle-gl/convert` (`openWeights(sourceFromBlob(file))`); files, EGL and the
 * bundled model are in `dalle-gl/node`.
 */
import { openBrowserContext, type BrowserContextOptions } from './engine/context/browser.ts';
import { wrapContext } from './engine/context/caller.ts';
import { Device, type DeviceOptions } from './engine/index.ts';

export * from './errors.ts';
export * from './images/index.ts';
export * from './nets/dvae/dvae.ts';
export { decoder } from './nets/dvae/decoder.ts';
export { encoder } from './nets/dvae/encoder.ts';
export { likelyPixels, mapPixels, unmapPixels } from './nets/dvae/pixels.ts';
export type { Precision, WeightTree } from './nets/weight-tree.ts';
export * from './ops/index.ts';
// Two modules have a PrepareOptions: the plan's keeps its name.
export type { PrepareOptions as PictureOptions } from './images/index.ts';
export type { PrepareOptions } from './ops/index.ts';
export {
  Device,
  referenceDevice,
  type DeviceOptions,
  type KernelChoice,
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
export async function open(options: OpenOptions = {}): Promise<Device> {
  const { gl, canvas, ...rest } = options;
  const source = gl ? wrapContext(gl) : openBrowserContext(canvas ? { canvas } : {});
  try {
    return new Device(source, rest);
  } catch (error) {
    source.dispose();
    throw error;
  }
}
