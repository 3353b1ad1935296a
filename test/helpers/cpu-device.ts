/** The CPU device in the thread of a test, with the kernels that the build made. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CpuDevice, openInline } from '../../engine/index.ts';

let shared: CpuDevice | undefined;

export function openCpuTestDevice(): CpuDevice {
  return (shared ??= makeCpuTestDevice());
}

export function makeCpuTestDevice(): CpuDevice {
  const path = fileURLToPath(new URL('../../ops/cpu/kernels.wasm', import.meta.url));
  const bytes = Uint8Array.from(readFileSync(path));
  return new CpuDevice({
    kernels: { multiplyAdd: 'plain', without: [] },
    runner: openInline(bytes),
  });
}
