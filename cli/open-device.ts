/** The device that the flags name, for the commands that compute; and what of it decides the numbers. */
import { UsageError } from '../base/errors.ts';
import type { CpuChoice, KernelChoice, ReferenceDevice } from '../engine/index.ts';
import type { OpenOptions } from '../load/node/open.ts';
import { open, type CpuDevice, type DeviceName, type WebGLDevice } from '../node.ts';

export interface DeviceFlags {
  readonly device: DeviceName | undefined;
  readonly threads: number | undefined;
}

/** What decides the numbers of a device, up to its driver: told with `--json` and kept in the pictures. */
export type DeviceKernels =
  | { readonly kind: 'webgl'; readonly kernels: KernelChoice }
  | { readonly kind: 'cpu'; readonly kernels: CpuChoice }
  | { readonly kind: 'reference'; readonly kernels: null };

type OpenedDevice = WebGLDevice | CpuDevice | ReferenceDevice;

/** What a name opens. */
export function kindOfName(name: DeviceName): DeviceKernels['kind'] {
  return name === 'cpu' || name === 'reference' ? name : 'webgl';
}

/** Throws UsageError `E_FLAG_VALUE` where threads are given to what has none, before anything is opened. */
export function checkThreads({ device, threads }: DeviceFlags): void {
  if (threads === undefined || device === undefined || device === 'cpu') return;
  throw new UsageError(
    'E_FLAG_VALUE',
    `--threads says how many compute on the CPU device, and ${device} was chosen: leave one of the two out.`,
  );
}

/** Opens it. `options` may hold kernels that were chosen before. Throws as `checkThreads` and `open`. */
export async function openDevice(
  flags: DeviceFlags,
  options: Omit<OpenOptions, 'device' | 'threads' | 'gl'> = {},
): Promise<OpenedDevice> {
  checkThreads(flags);
  const { device, threads } = flags;
  return open({ ...options, ...(device && { device }), ...(threads !== undefined && { threads }) });
}

/** What to say where threads were given, and a device was chosen that has none. */
export function tellUnusedThreads({ threads }: DeviceFlags, kind: DeviceKernels['kind']): string[] {
  if (threads === undefined || kind === 'cpu') return [];
  return ['--threads has no part in this: a GPU answers, and computes. With --device cpu so many threads do.'];
}

export function kernelsOf(device: OpenedDevice): DeviceKernels {
  switch (device.kind) {
    case 'webgl':
      return { kind: device.kind, kernels: device.kernels };
    case 'cpu':
      return { kind: device.kind, kernels: device.kernels };
    case 'reference':
      return { kind: device.kind, kernels: null };
  }
}
