/**
 * A plan on the CPU: its constants lie in the device's memory, what is derived of them beside, and a run writes its
 * inputs, computes step after step in memory that all runs share, and reads its results.
 */
import { checkRunOptions } from '../../base/check-options.ts';
import { ContextError } from '../../base/errors.ts';
import { throwIfAborted } from '../abort.ts';
import { listStates } from '../derive.ts';
import type { Executable, PassTiming, PrepareOptions, RunInputs, RunOptions, RunOutput } from '../device.ts';
import { InputTaker, findRedrawn } from '../inputs.ts';
import type { TakenInputs } from '../inputs.ts';
import { listPlanStates } from '../plan.ts';
import type { Plan } from '../plan.ts';
import { sizeOf } from '../shape.ts';
import { stateOf } from '../state.ts';
import type { State } from '../state.ts';
import type { Tensor } from '../tensor.ts';
import { MOST_BYTES, tooLarge } from './arena.ts';
import { BoundPlan } from './bound-plan.ts';
import type { DeviceMemory } from './device-memory.ts';
import { explainProgram } from './explain.ts';
import { makeValue } from './make-value.ts';
import { placeValues } from './places.ts';
import type { Place, Places } from './places.ts';
import type { BetweenSteps } from './program.ts';
import { readNumbers, writeConstant, writeInputs } from './run-plan.ts';

const nothing: BetweenSteps = () => {};

export class CpuExecutable implements Executable {
  private readonly memory: DeviceMemory;
  private readonly plan: Plan;
  private readonly places: Places;
  private readonly inputs: InputTaker;
  /** All that it reads or assigns, or derives of. */
  private readonly states: readonly State[];
  /** What is derived of states, and of which. */
  private readonly changing: readonly { readonly tensor: Tensor; readonly states: readonly State[] }[];
  private readonly description: string;
  /** Of constants and what is derived, held until the plan is disposed. */
  private readonly held = new Map<number, number>();
  /** With the addresses of all values. */
  private bound: { readonly addresses: readonly number[]; readonly plan: BoundPlan } | undefined;
  private prepared = false;
  private disposed = false;

  constructor(memory: DeviceMemory, plan: Plan, description: string) {
    this.memory = memory;
    this.plan = plan;
    this.places = placeValues(plan);
    this.inputs = new InputTaker(plan.values);
    this.changing = plan.values
      .filter(({ kind }) => kind === 'derived')
      .map(({ tensor }) => ({ tensor, states: listStates(tensor) }))
      .filter(({ states }) => states.length > 0);
    this.states = listPlanStates(plan.values);
    this.description = description;
  }

  /**
   * Reads all constants into memory, and packs them. `run` does it by itself; call it to choose the moment.
   * @throws ContextError `E_DISPOSED`, MemoryError `E_MEMORY`, AbortedError `E_ABORTED`; whatever reading a constant
   *   throws
   */
  async prepare(options: PrepareOptions = {}): Promise<void> {
    checkRunOptions('prepare', options);
    await this.turn('prepare', () => this.prepareOnce(options));
  }

  /**
   * Runs the plan. The result is one row-major array for each output, in order.
   * @throws ShapeError `E_INPUT` for a missing or mis-sized input, ContextError `E_DISPOSED`, `E_WORKER`, MemoryError
   *   `E_MEMORY`, AbortedError `E_ABORTED`
   */
  async run(given: RunInputs, options: RunOptions = {}): Promise<RunOutput[]> {
    checkRunOptions('run', options);
    const { signal, onProgress } = options;
    const total = this.plan.steps.length;
    return this.withInputs(given, async (inputs) => {
      throwIfAborted(signal, 'run');
      await this.prepareOnce(signal ? { signal } : {});
      const between: BetweenSteps = (done) => {
        throwIfAborted(signal, 'run');
        onProgress?.({ done, total });
      };
      await this.compute(inputs, between);
      throwIfAborted(signal, 'run');
      return this.readOutputs();
    });
  }

  /** Milliseconds of every step of one run. */
  async profile(given: RunInputs): Promise<PassTiming[]> {
    return this.withInputs(given, async (inputs) => {
      await this.prepareOnce({});
      const times = await this.compute(inputs, nothing, true);
      return this.plan.steps.map(({ op, tensor }, index) => {
        const macs = op.macs?.({ attributes: tensor.attributes, inputs: tensor.inputs, output: tensor }) ?? 0;
        return { name: op.name, milliseconds: times[index]!, macs };
      });
    });
  }

  /** The plan in words: steps, shapes, kernels, bytes. Steps that run by a plain loop are marked. */
  explain(): string {
    return explainProgram(this.plan, this.places, this.description);
  }

  /** Frees the constants, once no run needs them. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    void this.memory.turn(async () => this.free());
  }

  private free(): void {
    for (const index of this.held.keys()) this.memory.release(this.plan.values[index]!.tensor);
    this.held.clear();
    this.unbind();
  }

  private turn<Result>(during: string, work: () => Promise<Result>): Promise<Result> {
    const check = (): void => {
      if (this.disposed) throw new ContextError('E_DISPOSED', `${during}: this plan was disposed. Compile it again.`);
      this.memory.check();
    };
    check();
    return this.memory.turn(async () => {
      this.memory.check();
      return work();
    });
  }

  private async withInputs<Result>(given: RunInputs, work: (inputs: TakenInputs) => Promise<Result>): Promise<Result> {
    const inputs = this.inputs.take(given);
    try {
      return await this.turn('run', () => work(inputs));
    } finally {
      this.inputs.giveBack(inputs);
    }
  }

  private async prepareOnce({ onProgress, signal }: PrepareOptions): Promise<void> {
    if (this.prepared) return;
    this.checkSize();
    // Where it must grow it leaves a gap behind, which the constants then fill.
    this.memory.runMemory(this.places.peakBytes);
    const kept = this.plan.values.flatMap(({ kind }, index) =>
      kind === 'constant' || kind === 'derived' ? [index] : [],
    );
    for (const [done, index] of kept.entries()) {
      throwIfAborted(signal, 'prepare');
      onProgress?.({ phase: 'upload', done, total: kept.length });
      if (this.held.has(index)) continue; // of an attempt that was stopped
      const { tensor, bytes } = this.places.places[index]!;
      const between: BetweenSteps = () => throwIfAborted(signal, 'prepare');
      const fill = (address: number): Promise<void> => makeValue(this.memory, tensor, address, between);
      const isChanging = this.changing.some((value) => value.tensor === tensor);
      this.held.set(index, await this.memory.acquire(tensor, bytes, isChanging ? async () => {} : fill));
    }
    this.prepared = true;
  }

  /** What cannot be had is refused before any of it is read. */
  private checkSize(): void {
    const { places, peakBytes } = this.places;
    const lasts = ({ offset, kind }: Place): boolean => offset === undefined && kind !== 'assigned'; // is a state's
    const wanted = places.reduce((sum, place) => sum + (lasts(place) ? place.bytes : 0), peakBytes);
    if (wanted > MOST_BYTES) throw tooLarge(wanted, this.memory.bytes.used);
  }

  private async compute(inputs: TakenInputs, between: BetweenSteps, timed = false): Promise<number[]> {
    const { memory, plan } = this;
    const { places } = this.places;
    await this.beginStates();
    for (const { tensor, states } of this.changing) {
      const version = states.map((state) => state.version).join();
      await memory.refresh(tensor, version, (address) => makeValue(memory, tensor, address, between));
    }
    const bound = await this.bind();
    for (const step of plan.steps) findRedrawn(step, inputs); // refuses rows that a state does not have
    await writeInputs(memory.runner, places, inputs, (index) => this.addressOf(index));
    try {
      const times = await bound.run(between, timed);
      await between(plan.steps.length);
      return [...times, ...(await bound.assign(timed))];
    } finally {
      for (const { output } of plan.steps) {
        const { tensor, kind } = plan.values[output]!;
        if (kind === 'state' || kind === 'assigned') stateOf(tensor).noteChange();
      }
    }
  }

  /** Writes what states begin with, where they are not here yet. */
  private async beginStates(): Promise<void> {
    const { memory } = this;
    await memory.states.begin(this.states, async (state, numbers) => {
      const { type } = state;
      const address = memory.allocate(4 * sizeOf(type.shape));
      try {
        await writeConstant(memory.runner, address, numbers, { tensor: state.tensor, storage: 'rows' });
      } catch (error) {
        memory.free(address);
        throw error;
      }
      return address;
    });
  }

  private addressOf(index: number): number {
    const { tensor, bytes, offset } = this.places.places[index]!;
    if (offset !== undefined) return this.memory.runMemory(this.places.peakBytes) + offset;
    return this.held.get(index) ?? this.memory.stateAddress(stateOf(tensor), bytes);
  }

  /** The plan with the addresses that values have now. */
  private async bind(): Promise<BoundPlan> {
    const addresses = this.plan.values.map((_, index) => this.addressOf(index));
    if (this.bound?.addresses.every((address, index) => address === addresses[index])) return this.bound.plan;
    this.unbind();
    const base = this.memory.runMemory(this.places.peakBytes);
    const plan = await BoundPlan.make(this.memory, this.plan, this.places, (index) => addresses[index]!, base);
    this.bound = { addresses, plan };
    return plan;
  }

  private unbind(): void {
    this.bound?.plan.free();
    this.bound = undefined;
  }

  private async readOutputs(): Promise<RunOutput[]> {
    const results: RunOutput[] = [];
    for (const index of this.plan.outputs) {
      const { tensor, storage } = this.places.places[index]!;
      results.push(
        await readNumbers(this.memory.runner, { type: tensor.type, address: this.addressOf(index), storage }),
      );
    }
    return results;
  }
}
