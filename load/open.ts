/** Opens a device where there is no Node: WebGL on a context of yours, your canvas or its own; or the CPU. */
import { argumentError, checkObject } from '../base/check-argument.ts';
import { openBrowserContext, type BrowserContextOptions } from '../engine/context/browser.ts';
import { wrapContext } from '../engine/context/caller.ts';
import { WebGLDevice, type ContextSource, type CpuDevice, type DeviceOptions } from '../engine/index.ts';
import { openCpuDevice } from './cpu.ts';
import { chooseDevice } from './choose-device.ts';
import { meansWebGL, splitOptions, type CpuOptions, type MeansWebGL as MeansWebGLAnywhere } from './cpu-options.ts';

/** What computes, and how. `without` is for the device that is opened, each of which has rules of its own. */
export interface OpenOptions<Name extends 'webgl' | 'cpu' = 'webgl' | 'cpu'>
  extends DeviceOptions, BrowserContextOptions, CpuOptions {
  /** What computes [WebGL on a GPU, else the CPU; WebGL where an option is given that only WebGL has]. */
  readonly device?: Name;
  /** A WebGL 2 context of yours; it stays yours when the device is disposed. */
  readonly gl?: WebGL2RenderingContext;
}

/** Options by which WebGL is meant. */
type MeansWebGL =
  | MeansWebGLAnywhere
  | { readonly device: 'webgl' }
  | { readonly gl: WebGL2RenderingContext }
  | Required<BrowserContextOptions>;

/**
 * Opens a device: on your context, on your canvas, or on a context of its own; or on the CPU. Without a name it is
 * WebGL, unless a program plays the GPU and is slower than the CPU.
 *
 * @throws ContextError `E_GL_*` when there is no context, or one that cannot compute in float32; `E_WASM_*` and
 *   `E_WORKER` of the CPU; FormatError `E_DOWNLOAD` where its kernels cannot be fetched; UsageError `E_ARGUMENT`
 */
export function open(options: OpenOptions<'cpu'> & { readonly device: 'cpu' }): Promise<CpuDevice>;
export function open(options: OpenOptions<'webgl'> & MeansWebGL): Promise<WebGLDevice>;
export function open(options?: OpenOptions): Promise<WebGLDevice | CpuDevice>;
export async function open(given: OpenOptions = {}): Promise<WebGLDevice | CpuDevice> {
  checkObject('open', 'options', given);
  const { device, gl, canvas, ...options } = given;
  if (device !== undefined && device !== 'webgl' && device !== 'cpu') {
    throw argumentError('open', 'device, webgl or cpu', device);
  }
  if (gl !== undefined) return openWebGL(wrapContext(gl), options);
  if (canvas !== undefined) return openWebGL(openBrowserContext({ canvas }), options);
  if (device === 'cpu') return openCpuDevice(splitOptions('cpu', options).cpu);
  if (device === 'webgl' || meansWebGL(options)) return openWebGL(openBrowserContext(), options);
  const { without } = options;
  const { source, cpu } = await chooseDevice(splitOptions('cpu', options).cpu);
  return cpu ?? openWebGL(source, without ? { without } : {});
}

function openWebGL(source: ContextSource, options: DeviceOptions & CpuOptions): WebGLDevice {
  try {
    return new WebGLDevice(source, splitOptions('webgl', options).webgl);
  } catch (error) {
    source.dispose();
    throw error;
  }
}
