/** WebGL or the CPU: both are measured, judged, and what was not chosen is closed again. */
import { ContextError, DalleError } from '../base/errors.ts';
import { WebGLDevice, type ContextSource, type CpuDevice, type Device } from '../engine/index.ts';
import { measureDevice } from '../ops/device-speed.ts';
import { expectDevice, judgeDevices, type Judgement, type MeasuredSpeeds } from './judge-devices.ts';

/** What was chosen, and what is known of it. */
export interface DeviceChoice extends Judgement {
  /** The driver of WebGL in words; null where it gave no context. */
  readonly renderer: string | null;
  /** Null where only one of the two computes. */
  readonly speeds: MeasuredSpeeds | null;
}

/** What was opened, and why: a context to make a device of, or the CPU device. */
export type Chosen = { readonly choice: DeviceChoice } & (
  | { readonly source: ContextSource; readonly cpu?: undefined }
  | { readonly cpu: CpuDevice; readonly source?: undefined }
);

/** The CPU, since WebGL is not to be had. Throws as `openCpu`. */
export async function chooseCpu(reason: string, openCpu: () => Promise<CpuDevice>): Promise<Chosen> {
  return { cpu: await openCpu(), choice: { device: 'cpu', reason, renderer: null, speeds: null } };
}

/**
 * Measures WebGL on its defaults, and the CPU. What cannot be opened is not chosen: a page may forbid WebAssembly, and
 * a context may compute wrongly. The context is disposed unless it is chosen.
 *
 * @throws ContextError of the CPU device where neither can be had
 */
export async function chooseBetween(
  source: ContextSource,
  openCpu: () => Promise<CpuDevice>,
  measure: (device: Device) => Promise<number> = measureDevice,
): Promise<Chosen> {
  const renderer = source.description;
  let cpu: CpuDevice | undefined;
  try {
    const webgl = await measureWebGL(source, measure);
    if (webgl instanceof ContextError) {
      const chosen = await chooseCpu(`${renderer} cannot be used (${webgl.code})`, openCpu);
      source.dispose();
      return { ...chosen, choice: { ...chosen.choice, renderer } };
    }
    const opened = await openCpu().catch(toDalleError);
    if (opened instanceof DalleError) {
      const reason = `the CPU device cannot be opened (${opened.code})`;
      return { source, choice: { device: 'webgl', reason, renderer, speeds: null } };
    }
    cpu = opened;
    let speeds: MeasuredSpeeds = { webgl, cpu: await measure(cpu) };
    if (judgeDevices(source, speeds).device !== expectDevice(source)) {
      // Against its name, or without one, what was measured must be seen twice: one may have been held up.
      const again = await measureWebGL(source, measure);
      if (again instanceof ContextError) throw again;
      speeds = { webgl: Math.max(webgl, again), cpu: Math.max(speeds.cpu, await measure(cpu)) };
    }
    const choice = { ...judgeDevices(source, speeds), renderer, speeds };
    (choice.device === 'cpu' ? source : cpu).dispose();
    return choice.device === 'cpu' ? { cpu, choice } : { source, choice };
  } catch (error) {
    cpu?.dispose();
    source.dispose();
    throw error;
  }
}

async function measureWebGL(source: ContextSource, measure: typeof measureDevice): Promise<number | ContextError> {
  let device: WebGLDevice | undefined;
  try {
    device = new WebGLDevice({ ...source, dispose() {} });
    return await measure(device);
  } catch (error) {
    if (error instanceof ContextError) return error;
    throw error;
  } finally {
    device?.dispose();
  }
}

function toDalleError(error: unknown): DalleError {
  if (error instanceof DalleError) return error;
  throw error;
}
