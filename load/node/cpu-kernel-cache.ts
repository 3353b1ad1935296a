/**
 * Remembers in a file which kernels were chosen for this processor, as kernel-cache.ts does for a driver: a choice
 * changes last bits, so tomorrow's run must compute as today's. Node only.
 */
import { statSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { lookAtWebAssembly } from '../../engine/cpu/web-assembly.ts';
import type { CpuChoice, CpuDevice } from '../../engine/index.ts';
import { calibrateCpu } from '../../ops/calibrate-cpu.ts';
import { isCpuChoice } from '../../ops/kernel-choice.ts';
import type { CpuOptions } from '../cpu-options.ts';
import { ChoicesFile } from './choices-file.ts';
import { countThreads } from './count-threads.ts';
import { openCpuDevice } from './cpu.ts';

/** How the CPU device is opened. */
export interface CalibratedOptions extends CpuOptions {
  /** Times kernels once for a processor, and takes the fastest; options that are given win [false]. */
  readonly calibrate?: boolean;
}

/** Throws as `openCpuDevice`. */
export async function openCalibrated({ calibrate = false, ...options }: CalibratedOptions): Promise<CpuDevice> {
  return openCpuDevice(calibrate ? { ...(await chooseCpuKernels(options.threads)), ...options } : options);
}

/** The choice made before for this processor and so many threads, else a new one, which is kept. */
export async function chooseCpuKernels(threads: number = countThreads(), folder?: string): Promise<CpuChoice> {
  const file = new ChoicesFile('cpu-kernels.json', isCpuChoice, folder);
  const { relaxed } = lookAtWebAssembly();
  const key = describeProcessor(threads);
  const found = await file.find(key);
  if (found && (relaxed || found.multiplyAdd === 'plain')) return found;
  const open = (multiplyAdd: CpuChoice['multiplyAdd']): Promise<CpuDevice> => openCpuDevice({ threads, multiplyAdd });
  const choice = await calibrateCpu({ canRelax: relaxed, open });
  await file.keep(key, choice);
  return choice;
}

const kernels = new URL('../../ops/cpu/kernels.wasm', import.meta.url);

/** What the choice depends upon: the processor, who compiles for it, and the kernels of this version. */
function describeProcessor(threads: number): string {
  const { size } = statSync(kernels, { throwIfNoEntry: false }) ?? { size: 0 };
  return `${cpus()[0]?.model ?? arch()}, ${threads} threads, V8 ${process.versions.v8}, kernels of ${size} bytes`;
}
