/** The CPU device in the thread of a test, with the kernels that the build made. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openInline } from '../../engine/cpu/inline-runner.ts';
import { CpuDevice } from '../../engine/cpu/device.ts';
import { interpret } from '../../engine/index.ts';
import type { CpuChoice, Tensor } from '../../engine/index.ts';
import { run } from '../../ops/index.ts';
import { hashKernelSources, readSourceHash } from '../../scripts/kernel-sources.mjs';
import { expectClose } from './close.ts';
import type { Bound } from './close.ts';

type MultiplyAdd = CpuChoice['multiplyAdd'];

const sources = hashKernelSources();

const shared = new Map<MultiplyAdd, CpuDevice>();

/** Device of all tests that do not change it. */
export function openCpuTestDevice(multiplyAdd: MultiplyAdd = 'plain'): CpuDevice {
  const device = shared.get(multiplyAdd) ?? makeCpuTestDevice(multiplyAdd);
  shared.set(multiplyAdd, device);
  return device;
}

export function makeCpuTestDevice(multiplyAdd: MultiplyAdd = 'plain'): CpuDevice {
  return new CpuDevice({ kernels: { multiplyAdd, without: [] }, runner: openInline(readKernels(multiplyAdd)) });
}

function readKernels(multiplyAdd: MultiplyAdd): Uint8Array<ArrayBuffer> {
  const file = multiplyAdd === 'relaxed' ? 'kernels-relaxed.wasm' : 'kernels.wasm';
  const kernels = Uint8Array.from(readFileSync(fileURLToPath(new URL(`../../ops/cpu/${file}`, import.meta.url))));
  if (readSourceHash(kernels) === sources) return kernels;
  throw new Error(`ops/cpu/${file} was built of other sources than those here: run npm run build`);
}

/** Every build of the kernels that this runtime takes. */
export const cpuVariants: readonly { name: string; open(): CpuDevice }[] = (['plain', 'relaxed'] as const)
  .filter((multiplyAdd) => WebAssembly.validate(readKernels(multiplyAdd)))
  .map((multiplyAdd) => ({ name: `${multiplyAdd} multiply-add`, open: () => openCpuTestDevice(multiplyAdd) }));

/** Computes a tensor with the rules of the CPU and by the float64 reference, and compares. */
export async function expectSameOnCpu(device: CpuDevice, tensor: Tensor, bound: Bound): Promise<void> {
  const [expected] = await interpret([tensor]);
  expectClose(await run(device, tensor), expected!, bound, { label: tensor.toString(), shape: tensor.shape });
}
