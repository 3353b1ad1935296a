/**
 * Opens the CPU device in a browser: a worker for each thread in a page that is cross-origin isolated, else one worker
 * with a memory of its own.
 */
import { FormatError } from '../base/errors.ts';
import type { CpuDevice } from '../engine/index.ts';
import { startWorker } from '../ops/cpu/start-worker.ts';
import type { CpuOptions } from './cpu-options.ts';
import { makeCpuDevice } from './make-cpu-device.ts';

/** Bundlers see these addresses, and bring the files along. */
const addresses = {
  'kernels.wasm': (): URL => new URL('../ops/cpu/kernels.wasm', import.meta.url),
  'kernels-relaxed.wasm': (): URL => new URL('../ops/cpu/kernels-relaxed.wasm', import.meta.url),
};

/**
 * @throws UsageError `E_ARGUMENT`; ContextError `E_WASM_*`, `E_WORKER`; FormatError `E_DOWNLOAD` where the kernels
 *   cannot be fetched
 */
export function openCpuDevice(options: CpuOptions = {}): Promise<CpuDevice> {
  const { crossOriginIsolated, navigator } = globalThis;
  const surroundings = {
    readKernels: async (file: keyof typeof addresses): Promise<Uint8Array> => fetchBytes(addresses[file]()),
    isShared: crossOriginIsolated,
    threads: options.threads ?? (navigator?.hardwareConcurrency || 1),
    start: startWorker,
  };
  return makeCpuDevice(surroundings, options);
}

async function fetchBytes(address: URL): Promise<Uint8Array> {
  const response = await fetch(address).catch((cause: unknown) => {
    throw missing(address, 'it could not be reached', cause);
  });
  if (!response.ok) throw missing(address, `the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function missing(address: URL, why: string, cause?: unknown): FormatError {
  return new FormatError(
    'E_DOWNLOAD',
    `open: the kernels of the CPU device are not at ${address.href}: ${why}. Serve ops/cpu/ of the package beside its ` +
      'modules.',
    { cause },
  );
}
