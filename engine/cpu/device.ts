/**
 * The CPU as a device: WebAssembly kernels with SIMD on one memory, shared out among threads where there are workers.
 * It wants no driver and nothing installed. `open({ device: 'cpu' })` makes one.
 */
import type { Device, Executable } from '../device.ts';
import type { CpuChoice } from '../kernel-choice.ts';
import type { Plan } from '../plan.ts';
import { DeviceMemory } from './device-memory.ts';
import { CpuExecutable } from './executable.ts';
import { SCRATCH_ADDRESS, THREAD_SCRATCH } from './machine.ts';
import type { Runner } from './program.ts';

/** How a CPU device is made. */
interface CpuSetup {
  readonly kernels: CpuChoice;
  /** Its threads. */
  readonly runner: Runner;
}

/** The CPU as a device that runs plans. `open({ device: 'cpu' })` makes one. */
export class CpuDevice implements Device {
  readonly kind = 'cpu';
  readonly asWritten = false;
  readonly kernels: CpuChoice;
  /** @internal */
  readonly memory: DeviceMemory;
  private readonly runner: Runner;

  constructor({ kernels, runner }: CpuSetup) {
    this.kernels = kernels;
    this.runner = runner;
    this.memory = new DeviceMemory(this.runner, SCRATCH_ADDRESS + runner.threads * THREAD_SCRATCH);
  }

  /** How many threads compute. */
  get threads(): number {
    return this.runner.threads;
  }

  get isUsable(): boolean {
    return this.runner.failure === undefined;
  }

  get description(): string {
    const { threads } = this;
    const exact = this.kernels.multiplyAdd === 'relaxed' ? ', relaxed multiply-add' : '';
    return `CPU (WebAssembly SIMD${exact}, ${threads} ${threads === 1 ? 'thread' : 'threads'})`;
  }

  load(plan: Plan): Executable {
    return new CpuExecutable(this.memory, plan, this.description);
  }

  dispose(): void {
    this.runner.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
