/** The one place where the bench opens our WebAssembly device. */
import type { CpuDevice } from '../engine/index.ts';
import { open } from '../node.ts';

/** With the kernels that calibration chooses, as the command has them: relaxed multiply-add where it is faster. */
export function openCpuDevice(threads: number): Promise<CpuDevice> {
  return open({ device: 'cpu', threads, calibrate: true });
}
