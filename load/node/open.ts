/** Opens a device in Node, with no display; and the one that all share who name none. */
import { checkObject, checkText } from '../../base/check-argument.ts';
import { wrapContext } from '../../engine/context/caller.ts';
import { WebGLDevice, referenceDevice } from '../../engine/index.ts';
import type { ContextSource, CpuDevice, DeviceOptions, ReferenceDevice } from '../../engine/index.ts';
import { meansWebGL, splitOptions, type CpuOptions, type MeansWebGL as MeansWebGLAnywhere } from '../cpu-options.ts';
import { chooseDevice } from './choose-device.ts';
import { openCalibrated, type CalibratedOptions } from './cpu-kernel-cache.ts';
import { chooseKernels } from './kernel-cache.ts';

/** Where contexts come from: `webgl` or `egl` (the best EGL device), `egl:N`, `egl:/path/libEGL.so`, `headless-gl`. */
export type WebGLName = 'webgl' | 'egl' | `egl:${string}` | 'headless-gl';

/** `cpu` (WebAssembly, with nothing installed), one of WebGL's, or `reference` (float64 loops, slow). */
export type DeviceName = 'cpu' | WebGLName | 'reference';

/** What computes, and how. `without` is for the device that is opened, each of which has rules of its own. */
export interface OpenOptions<Name extends DeviceName = DeviceName> extends DeviceOptions, CpuOptions {
  /** What computes [WebGL on a GPU, else the CPU; WebGL where an option is given that only WebGL has]. */
  readonly device?: Name;
  /** A WebGL 2 context of yours instead; it stays yours when the device is disposed. */
  readonly gl?: WebGL2RenderingContext;
  /**
   * Times kernels on the device for at most half a second and takes the fastest, once for each driver or processor;
   * options that are given win [false: the documented defaults, engine/README.md].
   */
  readonly calibrate?: boolean;
}

/** Options by which WebGL is meant. */
type MeansWebGL = MeansWebGLAnywhere | { readonly device: WebGLName } | { readonly gl: WebGL2RenderingContext };

/**
 * Opens a device. Without a name both are measured, once for a machine: a program that plays a GPU on the processor is
 * none.
 *
 * @throws ContextError `E_GL_*`, `E_WASM_*` and `E_WORKER`, each with what to install or try; UsageError `E_GL_SOURCE`,
 *   `E_ARGUMENT` for an option that the device named does not have
 */
export function open(options: OpenOptions<'cpu'> & { readonly device: 'cpu' }): Promise<CpuDevice>;
export function open(options: OpenOptions<WebGLName> & MeansWebGL): Promise<WebGLDevice>;
export function open(options: OpenOptions<'reference'> & { readonly device: 'reference' }): Promise<ReferenceDevice>;
export function open(options?: OpenOptions<never>): Promise<WebGLDevice | CpuDevice>;
export function open(options?: OpenOptions): Promise<WebGLDevice | CpuDevice | ReferenceDevice>;
export async function open(given: OpenOptions = {}): Promise<WebGLDevice | CpuDevice | ReferenceDevice> {
  checkObject('open', 'options', given);
  const { device, gl, ...options } = given;
  if (device !== undefined) checkText('open', 'device', device);
  if (gl !== undefined) return openWebGL(wrapContext(gl), options);
  if (device === 'reference') return referenceDevice;
  if (device === 'cpu') return openCalibrated(takeCpuOptions(options));
  if (device !== undefined) return openWebGL(await openContext(device), options);
  const { calibrate, ...ofDevice } = options;
  if (meansWebGL(ofDevice)) return openWebGL(await openContext('webgl'), options);
  const { without } = options;
  const { source, cpu } = await chooseDevice(takeCpuOptions(options));
  return cpu ?? openWebGL(source, { ...(calibrate && { calibrate }), ...(without && { without }) });
}

/** EGL, and the binding to it, are loaded when the first asks for them. */
async function openContext(device: WebGLName): Promise<ContextSource> {
  const { openNodeContext } = await import('../../engine/context/node/open.ts');
  return openNodeContext({ source: device === 'webgl' ? 'egl' : device });
}

type Options = Omit<OpenOptions, 'device' | 'gl'>;

async function openWebGL(source: ContextSource, { calibrate, ...options }: Options): Promise<WebGLDevice> {
  try {
    const { webgl } = splitOptions('webgl', options);
    return new WebGLDevice(source, calibrate ? { ...(await chooseKernels(source)), ...webgl } : webgl);
  } catch (error) {
    source.dispose();
    throw error;
  }
}

function takeCpuOptions({ calibrate = false, ...options }: Options): CalibratedOptions {
  return { calibrate, ...splitOptions('cpu', options).cpu };
}

let shared: Promise<WebGLDevice | CpuDevice> | undefined;

/**
 * One device for all, or a new one where the last could not be opened, was disposed or lost its context. It is of the
 * same kind then: who began on WebGL does not end on the CPU unasked.
 */
export async function openShared(): Promise<WebGLDevice | CpuDevice> {
  const before = shared;
  const device = await before?.catch(() => undefined);
  if (device?.isUsable) return device;
  if (shared === before) shared = device === undefined ? open() : openKind(device.kind);
  return shared!;
}

function openKind(kind: 'webgl' | 'cpu'): Promise<WebGLDevice | CpuDevice> {
  return kind === 'cpu' ? open({ device: kind }) : open({ device: kind });
}
