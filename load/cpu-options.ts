/** How a CPU device is opened, in Node and in browsers alike. */
import { argumentError, checkEach } from '../base/check-argument.ts';
import type { CpuChoice, DeviceOptions } from '../engine/index.ts';
import { checkWebAssembly } from '../engine/cpu/web-assembly.ts';

/** How the CPU device computes. */
export interface CpuOptions {
  /** How many threads, 1 to 256 [as many as the process may use]. The numbers do not depend on it. */
  readonly threads?: number;
  /** Whether products are rounded before they are added, or may not be, which changes the last bits [plain]. */
  readonly multiplyAdd?: CpuChoice['multiplyAdd'];
  /** Rewrite rules to leave out of every plan, by name [none]. */
  readonly without?: readonly string[];
}

/** What `threads` may be. */
export const mostThreads = 256;

type WebGLOption = Exclude<keyof DeviceOptions, keyof CpuOptions>;

/** An option at least that only WebGL has. */
export type MeansWebGL = {
  [Name in WebGLOption]: Readonly<Required<Pick<DeviceOptions, Name>>>;
}[WebGLOption];

/** Whether one is given that only WebGL has: then that is meant, though nobody names it. */
export function meansWebGL({
  threads: _,
  multiplyAdd: __,
  without: ___,
  ...others
}: CpuOptions & DeviceOptions): boolean {
  return Object.values(others).some((value) => value !== undefined);
}

interface SplitOptions {
  readonly cpu: CpuOptions;
  readonly webgl: DeviceOptions;
}

/**
 * Options of both devices, apart. Throws UsageError `E_ARGUMENT` for those that the device does not have: who gives one
 * means the other device.
 */
export function splitOptions(device: 'cpu' | 'webgl', options: CpuOptions & DeviceOptions): SplitOptions {
  const { threads, multiplyAdd, without, ...others } = options;
  const common = without !== undefined && { without };
  const ofCpu = { ...(threads !== undefined && { threads }), ...(multiplyAdd !== undefined && { multiplyAdd }) };
  for (const [name, value] of Object.entries(device === 'cpu' ? others : ofCpu)) {
    if (value === undefined) continue;
    throw argumentError('open', `no ${name}, which ${device === 'cpu' ? 'the CPU' : 'WebGL'} does not have`, value);
  }
  return { cpu: { ...ofCpu, ...common }, webgl: { ...others, ...common } };
}

/**
 * Throws UsageError `E_ARGUMENT` for options that mean nothing, ContextError `E_WASM_*` where WebAssembly cannot do
 * what is wanted.
 */
export function checkCpuOptions(where: string, { threads, multiplyAdd, without }: CpuOptions): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)) {
    throw argumentError(where, `threads, a whole number from 1 to ${mostThreads}`, threads);
  }
  if (multiplyAdd !== undefined && multiplyAdd !== 'plain' && multiplyAdd !== 'relaxed') {
    throw argumentError(where, 'multiplyAdd, plain or relaxed', multiplyAdd);
  }
  if (without !== undefined) {
    checkEach(where, 'without', 'the name of a rewrite', without, (name) => typeof name === 'string');
  }
  checkWebAssembly(where, multiplyAdd);
}
