/**
 * The device in Node where nobody names one: WebGL on a GPU, else the CPU. Both are measured once for a machine, which
 * takes a fifth of a second, and remembered until its libraries, drivers or devices change: who has no GPU loads
 * nothing of EGL from then on, and who has no EGL never does.
 */
import { ContextError } from '../../base/errors.ts';
import type { ContextSource, CpuDevice } from '../../engine/index.ts';
import { chooseBetween, chooseCpu, type Chosen, type DeviceChoice } from '../choose-between.ts';
import { ChoicesFile } from './choices-file.ts';
import { openCalibrated, type CalibratedOptions } from './cpu-kernel-cache.ts';
import { findEgl, fingerprintMachine } from './find-egl.ts';

const kernels = new URL('../../ops/cpu/kernels.wasm', import.meta.url);

/**
 * @param options how the CPU device computes if it is chosen
 * @throws ContextError as `openCalibrated` where there is neither
 */
export async function chooseDevice(options: CalibratedOptions, folder?: string): Promise<Chosen> {
  const openCpu = (): Promise<CpuDevice> => openCalibrated(options);
  const egl = findEgl();
  if (egl === undefined) return chooseCpu('no EGL library is on this system', openCpu);
  const file = new ChoicesFile('devices.json', isDeviceChoice, folder);
  const machine = [fingerprintMachine(egl, kernels), options.threads ?? 'all', options.multiplyAdd ?? ''].join(' ');
  const known = await file.find(machine);
  if (known?.device === 'cpu') return { cpu: await openCpu(), choice: known };
  const source = await openSource();
  if (!(source instanceof ContextError) && known?.renderer === source.description) return { source, choice: known };
  const chosen =
    source instanceof ContextError
      ? await chooseCpu(`EGL gave no context (${source.code})`, openCpu)
      : await chooseBetween(source, openCpu);
  // Where only WebGL could be had, the next may be luckier with the CPU.
  if (chosen.cpu || chosen.choice.speeds) await file.keep(machine, chosen.choice);
  return chosen;
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
