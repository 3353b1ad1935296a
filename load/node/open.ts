/** Opens a device in Node, with no display; and the one that all share who name none. */
import { checkObject, checkText } from '../../base/check-argument.ts';
import { wrapContext } from '../../engine/context/caller.ts';
import { openNodeContext } from '../../engine/context/node/open.ts';
import { WebGLDevice, referenceDevice } from '../../engine/index.ts';
import type { DeviceOptions, ReferenceDevice } from '../../engine/index.ts';
import { chooseKernels } from './kernel-cache.ts';

/** `egl` (the best device), `egl:N`, `egl:/path/libEGL.so`, `headless-gl`, or `reference` (float64 loops, slow). */
export type DeviceName = 'egl' | `egl:${string}` | 'headless-gl' | 'reference';

/** Where a device gets its context, and how it computes. */
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

let shared: Promise<WebGLDevice> | undefined;

/** One device for all, or a new one where the last could not be opened, was disposed or lost its context. */
export async function openShared(): Promise<WebGLDevice> {
  const before = shared;
  const device = await before?.catch(() => undefined);
  if (device?.isUsable) return device;
  if (shared === before) shared = open();
  return shared!;
}
