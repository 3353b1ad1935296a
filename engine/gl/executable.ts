/**
 * A plan on a device: compiles its programs, uploads its constants, and runs any number of times with little
 * JavaScript in between. Intermediate textures come from the device's pool and go back as soon as their last reader
 * has drawn, so plans that run in turn share memory.
 */
import { checkObject } from '../../base/check-argument.ts';
import { checkRunOptions } from '../../base/check-options.ts';
import { AbortedError, ContextError } from '../../base/errors.ts';
import { throwIfAborted } from '../abort.ts';
import type { Executable, PassTiming, PrepareOptions, RunInputs, RunOptions, RunOutput } from '../device.ts';
import { InputTaker, findRedrawn } from '../inputs.ts';
import type { TakenInputs } from '../inputs.ts';
import { arrayFor, listPlanStates } from '../plan.ts';
import type { ValueIndex } from '../plan.ts';
import { sizeOf } from '../shape.ts';
import { stateOf, stateOp } from '../state.ts';
import type { HeldState, State } from '../state.ts';
import { isOf, placeholderOp } from '../tensor.ts';
import { layoutOfState } from './draws.ts';
import type { Draws, Pass } from './draws.ts';
import { describeKernels, explainDraws } from './explain.ts';
import { KeptValues } from './kept-values.ts';
import type { HeldValues } from './kept-values.ts';
import { locateRows } from './layout.ts';
import type { Program } from './program.ts';
import { readyProgram } from './ready-program.ts';
import { shareShaders } from './share-programs.ts';
import type { SharedShader } from './share-programs.ts';
import type { GpuTexture } from './texture.ts';
import type { Gpu } from './gpu.ts';

/** Textures during a run. */
interface LiveTextures {
  /** Of inputs and of what passes made: they go back to the pool. */
  readonly passing: Map<ValueIndex, GpuTexture>;
  /** Of states, held from when the run begins: what it reads is not changed under it. */
  readonly states: Map<ValueIndex, HeldState<GpuTexture>>;
  /** What states become when the run ends. */
  readonly assigned: Map<ValueIndex, GpuTexture>;
  /** Of what is derived of states, held until the run ends. */
  derived: HeldValues;
}

export class WebGLExecutable implements Executable {
  readonly draws: Draws;
  private readonly gpu: Gpu;
  /** One for each pass. */
  private readonly shaders: readonly SharedShader[];
  private programs: Program[] | undefined;
  private preparing: Promise<void> | undefined;
  private readonly kept: KeptValues;
  private readonly inputs: InputTaker;
  /** All that it reads or assigns, or derives of. */
  private readonly states: readonly State[];
  /** Calls that need the constants now. */
  private users = 0;
  private disposed = false;

  constructor(gpu: Gpu, draws: Draws) {
    this.gpu = gpu;
    this.draws = draws;
    this.shaders = shareShaders(draws.passes.map(({ shader }) => shader));
    this.kept = new KeptValues(gpu, draws.slots);
    this.inputs = new InputTaker(draws.slots);
    this.states = listPlanStates(draws.slots);
  }

  /**
   * Compiles all programs and uploads all constants. `run` does it by itself; call it to choose the moment. Calls that
   * overlap share the work.
   * @throws ContextError `E_DISPOSED`, `E_GL_*`; MemoryError `E_MEMORY`; AbortedError `E_ABORTED`; whatever reading a
   *   constant throws
   */
  async prepare(options: PrepareOptions = {}): Promise<void> {
    checkRunOptions('prepare', options);
    return this.whileInUse(() => this.prepareShared(options));
  }

  /**
   * Runs the plan. The result is one row-major array for each output, in order.
   * @throws ShapeError `E_INPUT` for a missing or mis-sized input, ContextError `E_GL_LOST`, `E_DISPOSED`, MemoryError
   *   `E_MEMORY`, AbortedError `E_ABORTED`. Whatever happens, no texture stays behind.
   */
  async run(given: RunInputs, options: RunOptions = {}): Promise<RunOutput[]> {
    checkRunOptions('run', options);
    const checkAborted = (): void => throwIfAborted(options.signal, 'run');
    return this.withInputs(given, async (inputs) => {
      await this.prepareShared(options.signal ? { signal: options.signal } : {});
      return this.execute(inputs, checkAborted, async (pass, index, live) => {
        checkAborted();
        options.onProgress?.({ done: index, total: this.draws.passes.length });
        await this.draw(pass, index, live, inputs, checkAborted);
      });
    });
  }

  /** Runs the plan once, waiting after every pass, and says how long each took. */
  async profile(given: RunInputs): Promise<PassTiming[]> {
    const timings: PassTiming[] = [];
    await this.withInputs(given, async (inputs) => {
      await this.prepareShared({});
      await this.execute(
        inputs,
        () => {},
        async (pass, index, live) => {
          const start = performance.now();
          await this.draw(pass, index, live, inputs, () => {});
          this.gpu.finish(this.textureOf(pass.output, live), this.draws.slots[pass.output]!.layout);
          const milliseconds = performance.now() - start;
          timings.push({ name: pass.op.name, milliseconds, macs: pass.cost.macs });
        },
      );
    });
    return timings;
  }

  /** The plan in words: passes, shapes, textures, bytes; with `shaders` also their GLSL. */
  explain(options: { shaders?: boolean } = {}): string {
    checkObject('explain', 'options', options);
    const { settings } = this.gpu;
    const programs = new Set(this.shaders.map(({ source }) => source)).size;
    return explainDraws(this.draws, programs, `${settings.description}; ${describeKernels(settings)}`, options);
  }

  /**
   * Frees the constants, as soon as no run is using them. Programs and pooled textures stay with the device. What is
   * called afterwards fails with `E_DISPOSED`.
   */
  dispose(): void {
    this.disposed = true;
    if (this.users === 0) this.freeConstants();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private async whileInUse<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.disposed) throw new ContextError('E_DISPOSED', 'run: this plan was disposed. Compile it again.');
    this.users++;
    try {
      return await work();
    } finally {
      this.users--;
      if (this.disposed && this.users === 0) this.freeConstants();
    }
  }

  private async withInputs<Result>(given: RunInputs, work: (inputs: TakenInputs) => Promise<Result>): Promise<Result> {
    const inputs = this.inputs.take(given);
    try {
      return await this.whileInUse(() => work(inputs));
    } finally {
      this.inputs.giveBack(inputs);
    }
  }

  private freeConstants(): void {
    this.kept.free();
    this.programs = undefined;
  }

  private async prepareShared(options: PrepareOptions): Promise<void> {
    while (!this.programs) {
      this.preparing ??= this.prepareOnce(options).finally(() => (this.preparing = undefined));
      try {
        await this.preparing;
      } catch (error) {
        // Another caller's wish to stop is not ours: begin where it left off.
        if (!(error instanceof AbortedError) || options.signal?.aborted) throw error;
      }
    }
  }

  private async prepareOnce({ onProgress, signal }: PrepareOptions): Promise<void> {
    const { gpu, draws } = this;
    gpu.beginRun(draws.peakBytes);
    const sources = [...this.kept.listSources(), ...this.shaders.map(({ source }) => source)];
    for (const source of sources) gpu.programs.request(source);
    const checkAborted = (): void => throwIfAborted(signal, 'prepare');
    const report = (done: number, total: number): void => {
      checkAborted();
      onProgress?.({ phase: 'upload', done, total });
    };
    await this.kept.prepare(report, checkAborted);
    const programs: Program[] = [];
    for (const [done, pass] of draws.passes.entries()) {
      checkAborted();
      onProgress?.({ phase: 'compile', done, total: draws.passes.length });
      programs.push(await readyProgram(gpu, draws.slots, pass, this.shaders[done]!.source));
    }
    this.programs = programs;
  }

  private async execute(
    inputs: TakenInputs,
    checkAborted: () => void,
    step: (pass: Pass, index: number, live: LiveTextures) => Promise<void>,
  ): Promise<RunOutput[]> {
    const { gpu, draws } = this;
    gpu.beginRun(draws.peakBytes);
    const live: LiveTextures = { passing: new Map(), states: new Map(), assigned: new Map(), derived: new Map() };
    try {
      await this.beginStates();
      this.holdStates(live.states);
      live.derived = await this.kept.hold(checkAborted);
      gpu.enter(); // others may have had a turn
      draws.slots.forEach(({ tensor, layout }, index) => {
        if (!isOf(tensor, placeholderOp)) return;
        live.passing.set(index, gpu.upload(layout, inputs[tensor.attributes.name]!, 'passing'));
      });
      for (const [index, pass] of draws.passes.entries()) {
        const { kind, layout } = draws.slots[pass.output]!;
        if (kind === 'made') live.passing.set(pass.output, gpu.textures.acquire(layout.texture, 'passing'));
        if (kind === 'assigned') live.assigned.set(pass.output, gpu.textures.acquire(layout.texture, 'states'));
        await step(pass, index, live);
        for (const slot of pass.dying) {
          gpu.textures.release(live.passing.get(slot)!);
          live.passing.delete(slot);
        }
      }
      const results = draws.outputs.map((slot) => this.readSlot(slot, live));
      this.exchangeStates(live.assigned);
      return results;
    } finally {
      for (const texture of [...live.passing.values(), ...live.assigned.values()]) gpu.textures.release(texture);
      this.kept.letGo(live.derived);
      for (const [slot, held] of live.states) gpu.states.letGo(stateOf(draws.slots[slot]!.tensor), held);
      gpu.leave();
    }
  }

  private async draw(
    pass: Pass,
    index: number,
    live: LiveTextures,
    given: TakenInputs,
    between: () => void,
  ): Promise<void> {
    const { layout, tensor } = this.draws.slots[pass.output]!;
    const rows = findRedrawn(pass, given);
    const call = {
      program: this.programs![index]!,
      numbers: this.shaders[index]!,
      inputs: pass.inputs.map((slot, position): [string, GpuTexture] => [
        pass.operands[position]!,
        this.textureOf(slot, live),
      ]),
      output: this.textureOf(pass.output, live),
      layout,
      fetches: pass.cost.fetches,
      ...(rows !== 'all' && { regions: locateRows(layout, rows) }),
    };
    try {
      await this.gpu.draw(call, between);
    } finally {
      if (isOf(tensor, stateOp)) tensor.attributes.state.noteChange();
    }
  }

  private textureOf(slot: ValueIndex, live: LiveTextures): GpuTexture {
    const { passing, states, assigned, derived } = live;
    const ofRun = passing.get(slot) ?? assigned.get(slot) ?? states.get(slot)?.kept ?? derived.get(slot)?.texture;
    return ofRun ?? this.kept.textureOf(slot)!;
  }

  /** Uploads what states begin with, where they are not here yet. */
  private async beginStates(): Promise<void> {
    const { gpu } = this;
    await gpu.states.begin(this.states, (state, numbers) => {
      gpu.enter(); // others may have had a turn
      return gpu.upload(layoutOfState(state, gpu.settings), numbers, 'states');
    });
  }

  private holdStates(held: LiveTextures['states']): void {
    const { states, textures } = this.gpu;
    for (const [index, { tensor, kind, layout }] of this.draws.slots.entries()) {
      if (kind !== 'state') continue;
      held.set(
        index,
        states.hold(stateOf(tensor), () => textures.acquire(layout.texture, 'states')),
      );
    }
  }

  /** All that the run assigns changes at once, unless one of its draws failed: then nothing does. */
  private exchangeStates(assigned: LiveTextures['assigned']): void {
    if (assigned.size > 0) this.gpu.checkUsable('run');
    for (const [slot, texture] of assigned) this.gpu.states.replace(stateOf(this.draws.slots[slot]!.tensor), texture);
    assigned.clear();
  }

  private readSlot(slot: ValueIndex, live: LiveTextures): RunOutput {
    const { layout, tensor } = this.draws.slots[slot]!;
    const data = arrayFor(tensor.dtype, sizeOf(tensor.shape));
    this.gpu.read(this.textureOf(slot, live), layout, data);
    return data;
  }
}
