/**
 * What `dalle-gl doctor` tells of the CPU as a device: what WebAssembly can do here, how many threads it would get, and
 * how fast they are. Plain data, fit for JSON.
 */
import { availableParallelism } from 'node:os';
import { lookAtWebAssembly, type WebAssemblyFacts } from '../../engine/cpu/web-assembly.ts';
import { measureDevice } from '../../ops/device-speed.ts';
import { countThreads } from './count-threads.ts';
import { openCpuDevice } from './cpu.ts';

export interface CpuSurvey extends WebAssemblyFacts {
  readonly description: string;
  /** Processors that this process may run on. */
  readonly processors: number;
  /** As many as may compute: fewer where a control group has a quota. */
  readonly mostThreads: number;
  /** As many as computed. */
  readonly threads: number;
  readonly multiplyAddsPerSecond: number;
}

/** Opens it, measures it for a tenth of a second and frees it. Throws as `openCpuDevice`. */
export async function surveyCpu(threads?: number): Promise<CpuSurvey> {
  const device = await openCpuDevice(threads === undefined ? {} : { threads });
  try {
    return {
      description: device.description,
      ...lookAtWebAssembly(),
      processors: availableParallelism(),
      mostThreads: countThreads(),
      threads: device.threads,
      multiplyAddsPerSecond: await measureDevice(device, 100),
    };
  } finally {
    device.dispose();
  }
}
