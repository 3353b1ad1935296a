/**
 * The device in Node where nobody names one: WebGL on a GPU, else the CPU. Both are measured once for a machine, which
 * takes about a tenth of a second, and remembered until its libraries, drivers or devices change: who has no GPU loads
 * nothing of EGL from then on, and who has no EGL never does.
 */
import { ContextError } from '../../base/errors.ts';
import { WebGLDevice, type ContextSource, type CpuDevice } from '../../engine/index.ts';
import { measureDevice } from '../../ops/device-speed.ts';
import type { CpuOptions } from '../cpu-options.ts';
import { judgeDevices, type Judgement, type MeasuredSpeeds } from '../judge-devices.ts';
import { ChoicesFile } from './choices-file.ts';
import { openCpuDevice } from './cpu.ts';
import { findEgl, fingerprintMachine } from './find-egl.ts';

/** A choice as it is remembered. */
export interface DeviceChoice extends Judgement {
  /** The driver of WebGL in words; null where it gave no context. */
  readonly renderer: string | null;
  readonly speeds: MeasuredSpeeds | null;
}

/** What was opened, and why. The source is the caller's to dispose. */
export type Chosen = { readonly choice: DeviceChoice } & (
  | { readonly source: ContextSource; readonly cpu?: undefined }
  | { readonly cpu: CpuDevice; readonly source?: undefined }
);

const kernels = new URL('../../ops/cpu/kernels.wasm', import.meta.url);

/**
 * @param options how the CPU device computes if it is chosen
 * @throws ContextError as `openCpuDevice` where there is neither
 */
export async function chooseDevice(options: CpuOptions, folder?: string): Promise<Chosen> {
  const egl = findEgl();
  if (egl === undefined) return openCpu(options, withoutWebGL('no EGL library is on this system'));
  const file = new ChoicesFile('devices.json', isDeviceChoice, folder);
  const machine = [fingerprintMachine(egl, kernels), options.threads ?? 'all', options.multiplyAdd ?? ''].join(' ');
  const known = await file.find(machine);
  if (known?.device === 'cpu') return openCpu(options, known);
  const source = await openSource();
  if (source instanceof ContextError) {
    const choice = withoutWebGL(`EGL gave no context (${source.code})`);
    const chosen = await openCpu(options, choice);
    await file.keep(machine, choice);
    return chosen;
  }
  try {
    if (known?.renderer === source.description) return { source, choice: known };
    const chosen = await measureBoth(source, options);
    if (chosen.choice.speeds !== null) await file.keep(machine, chosen.choice);
    if (chosen.cpu) source.dispose();
    return chosen;
  } catch (error) {
    source.dispose();
    throw error;
  }
}

/** Measures WebGL on its defaults, and the CPU. What cannot be measured is not chosen. */
async function measureBoth(source: ContextSource, options: CpuOptions): Promise<Chosen> {
  const renderer = source.description;
  const webgl = await measureWebGL(source);
  if (webgl instanceof ContextError) {
    return openCpu(options, { ...withoutWebGL(`${renderer} cannot be used (${webgl.code})`), renderer });
  }
  let cpu: CpuDevice;
  try {
    cpu = await openCpuDevice(options);
  } catch (error) {
    if (!(error instanceof ContextError)) throw error;
    const reason = `the CPU device cannot be opened (${error.code})`;
    return { source, choice: { device: 'webgl', reason, renderer, speeds: null } };
  }
  try {
    const speeds = { webgl, cpu: await measureDevice(cpu) };
    const choice = { ...judgeDevices(source, speeds), renderer, speeds };
    if (choice.device === 'cpu') return { cpu, choice };
    cpu.dispose();
    return { source, choice };
  } catch (error) {
    cpu.dispose();
    throw error;
  }
}

async function measureWebGL(source: ContextSource): Promise<number | ContextError> {
  let device: WebGLDevice | undefined;
  try {
    device = new WebGLDevice({ ...source, dispose() {} });
    return await measureDevice(device);
  } catch (error) {
    if (error instanceof ContextError) return error;
    throw error;
  } finally {
    device?.dispose();
  }
}

/** EGL and the binding to it are loaded here first. */
async function openSource(): Promise<ContextSource | ContextError> {
  try {
    const { openNodeContext } = await import('../../engine/context/node/open.ts');
    return await openNodeContext({ source: 'egl' });
  } catch (error) {
    if (error instanceof ContextError) return error;
    throw error;
  }
}

async function openCpu(options: CpuOptions, choice: DeviceChoice): Promise<Chosen> {
  return { cpu: await openCpuDevice(options), choice };
}

function withoutWebGL(reason: string): DeviceChoice {
  return { device: 'cpu', reason, renderer: null, speeds: null };
}

/** A file may be of anyone, or of another version. */
function isDeviceChoice(value: unknown): value is DeviceChoice {
  const { device, reason, renderer, speeds } = (value ?? {}) as Partial<DeviceChoice>;
  return (
    (device === 'webgl' || device === 'cpu') &&
    typeof reason === 'string' &&
    (renderer === null || typeof renderer === 'string') &&
    (speeds === null || (isSpeed(speeds?.webgl) && isSpeed(speeds?.cpu)))
  );
}

function isSpeed(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && Number.isFinite(value);
}
