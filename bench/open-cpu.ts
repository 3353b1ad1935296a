/** The one place where the bench opens our WebAssembly device. */
import type { Device } from '../engine/index.ts';
import { open } from '../node.ts';

/** @throws Error where this checkout, or this runtime, has no such device */
export async function openCpuDevice(threads: number): Promise<Device> {
  // Typed here, so that the bench runs on a checkout from before the device as well.
  const openAny = open as unknown as (options: { device: string; threads: number }) => Promise<Device>;
  return openAny({ device: 'cpu', threads });
}
