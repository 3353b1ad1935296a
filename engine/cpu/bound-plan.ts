/** A plan with addresses, ready to run for as long as no value moves. */
import type { Plan } from '../plan.ts';
import { bindSteps, chooseCalls, layArguments } from './bind.ts';
import type { FindAddress } from './bind.ts';
import type { DeviceMemory } from './device-memory.ts';
import type { Places } from './places.ts';
import type { BetweenSteps } from './program.ts';
import { cutStretches, runStretches } from './run-plan.ts';
import type { Stretch } from './run-plan.ts';

export class BoundPlan {
  private readonly memory: DeviceMemory;
  private readonly args: number;
  private readonly stretches: readonly Stretch[];
  /** Of the steps that assign states. */
  private readonly last: readonly Stretch[];

  private constructor(memory: DeviceMemory, args: number, stretches: readonly Stretch[], last: readonly Stretch[]) {
    this.memory = memory;
    this.args = args;
    this.stretches = stretches;
    this.last = last;
  }

  /**
   * Chooses the kernels of all steps, and writes their arguments. Each call wants a `free`.
   * @param base where a run's memory lies
   */
  static async make(
    memory: DeviceMemory,
    plan: Plan,
    { places, shared }: Places,
    addressOf: FindAddress,
    base: number,
  ): Promise<BoundPlan> {
    const calls = plan.steps.map((step, index) => chooseCalls(step, places, addressOf, base + shared[index]!));
    const words = layArguments(calls);
    const args = memory.allocate(words.byteLength);
    await memory.runner.write(args, words);
    const steps = bindSteps(plan, places, calls, addressOf, args);
    const assigning = plan.steps.filter(({ op }) => op.assigns).length; // they come last
    const middle = steps.length - assigning;
    const [stretches, last] = [steps.slice(0, middle), steps.slice(middle)].map((part) =>
      cutStretches(part, memory.runner),
    );
    return new BoundPlan(memory, args, stretches!, last!);
  }

  /** All steps but those that assign states. Milliseconds for each, where it is timed. */
  run(between: BetweenSteps, timed = false): Promise<number[]> {
    return runStretches(this.memory.runner, this.stretches, between, timed);
  }

  /** The steps that assign states. Nobody can stop them, so that either all states change or none. */
  assign(timed = false): Promise<number[]> {
    return runStretches(this.memory.runner, this.last, () => {}, timed);
  }

  free(): void {
    this.memory.free(this.args);
    for (const stretch of [...this.stretches, ...this.last])
      if ('steps' in stretch) this.memory.runner.forget(stretch.steps);
  }
}
