/**
 * A plan on a device: compiles its programs, uploads its constants, and runs any number of times with little
 * JavaScript in between. Intermediate textures come from the device's pool and go back as soon as their last reader
 * has drawn, so plans that run in turn share memory.
 */
import { checkObject } from '../../base/check-argument.ts';
import { AbortedError, ContextError } from '../../base/errors.ts';
import { giveTurn } from '../../base/give-turn.ts';
import { describeKernels, explainPlan } from './explain.ts';
import type { Device } from './device.ts';
import type { Program } from './program.ts';
import type { GpuTexture } from './texture.ts';
import { locateRows } from './layout.ts';
import { shareShaders } from './share-programs.ts';
import type { SharedShader } from './share-programs.ts';
import type { Rows, TextureSpec } from './layout.ts';
import type { NumericArray, Op } from '../op.ts';
import { arrayFor, checkInputs, inputName } from '../plan.ts';
import type { Pass, Plan, SlotIndex } from '../plan.ts';
import { sizeOf } from '../shape.ts';
import type { StateAttributes } from '../state.ts';
import { placeholderOp } from '../tensor.ts';
import type { PlaceholderAttributes } from '../tensor.ts';

export type RunInputs = Readonly<Record<string, NumericArray | ArrayLike<number>>>;
export type RunOutput = Float32Array | Int32Array;

export interface PrepareProgress {
  readonly phase: 'compile' | 'upload';
  readonly done: number;
  readonly total: number;
}

/** What a run looks at to know whether to stop: an `AbortSignal`, or anything with its two words. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

export interface PrepareOptions {
  onProgress?: (progress: PrepareProgress) => void;
  signal?: StopSignal;
}

export interface RunOptions {
  /** Called before each pass. */
  onProgress?: (progress: { done: number; total: number }) => void;
  signal?: StopSignal;
}

/** Time of one pass, measured by waiting for it: the sum is a little more than a whole run. */
export interface PassTiming {
  readonly name: string;
  readonly milliseconds: number;
  readonly macs: number;
}

/** Textures of inputs and intermediate tensors during a run. */
type LiveTextures = Map<SlotIndex, GpuTexture>;

export class Executable {
  readonly plan: Plan;
  private readonly device: Device;
  /** One for each pass. */
  private readonly shaders: readonly SharedShader[];
  private programs: Program[] | undefined;
  private preparing: Promise<void> | undefined;
  private readonly constants = new Map<SlotIndex, GpuTexture>();
  /** Calls that need the constants now. */
  private users = 0;
  private disposed = false;

  constructor(device: Device, plan: Plan) {
    this.device = device;
    this.plan = plan;
    this.shaders = shareShaders(plan.passes.map(({ shader }) => shader));
  }

  /**
   * Compiles all programs and uploads all constants. `run` does it by itself; call it to choose the moment. Calls that
   * overlap share the work.
   * @throws ContextError `E_DISPOSED`, `E_GL_*`; MemoryError `E_MEMORY`; AbortedError `E_ABORTED`; whatever reading a
   *   constant throws
   */
  async prepare(options: PrepareOptions = {}): Promise<void> {
    checkObject('prepare', 'options', options);
    return this.whileInUse(() => this.prepareShared(options));
  }

  /**
   * Runs the plan. The result is one row-major array for each output, in order.
   * @throws ShapeError `E_INPUT` for a missing or mis-sized input, ContextError `E_GL_LOST`, `E_DISPOSED`, MemoryError
   *   `E_MEMORY`, AbortedError `E_ABORTED`. Whatever happens, no texture stays behind.
   */
  async run(inputs: RunInputs, options: RunOptions = {}): Promise<RunOutput[]> {
    checkObject('run', 'options', options);
    this.checkInputs(inputs);
    const checkAborted = (): void => throwIfAborted(options.signal, 'run');
    return this.whileInUse(async () => {
      await this.prepareShared(options.signal ? { signal: options.signal } : {});
      return this.execute(inputs, async (pass, index, live) => {
        checkAborted();
        options.onProgress?.({ done: index, total: this.plan.passes.length });
        await this.draw(pass, index, live, inputs, checkAborted);
      });
    });
  }

  /** Runs the plan once, waiting after every pass, and says how long each took. */
  async profile(inputs: RunInputs): Promise<PassTiming[]> {
    this.checkInputs(inputs);
    const timings: PassTiming[] = [];
    await this.whileInUse(async () => {
      await this.prepareShared({});
      await this.execute(inputs, async (pass, index, live) => {
        const start = performance.now();
        await this.draw(pass, index, live, inputs, () => {});
        this.device.finish(this.textureOf(pass.output, live), this.plan.slots[pass.output]!.layout);
        const milliseconds = performance.now() - start;
        timings.push({ name: pass.op.name, milliseconds, macs: pass.cost.macs });
      });
    });
    return timings;
  }

  /** The plan in words: passes, shapes, textures, bytes; with `shaders` also their GLSL. */
  explain(options: { shaders?: boolean } = {}): string {
    checkObject('explain', 'options', options);
    const { description, kernels } = this.device;
    const programs = new Set(this.shaders.map(({ source }) => source)).size;
    return explainPlan(this.plan, programs, `${description}; ${describeKernels(kernels)}`, options);
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

  private checkInputs(inputs: RunInputs): void {
    checkInputs(
      this.plan.slots.map((slot) => slot.tensor),
      inputs,
    );
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

  private freeConstants(): void {
    for (const [slot, texture] of this.constants) this.device.constants.release(this.plan.slots[slot]!.tensor, texture);
    this.constants.clear();
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
    const { device, plan } = this;
    device.beginRun(plan.peakBytes);
    for (const { source } of this.shaders) device.programs.request(source);
    const constants = plan.slots.flatMap((slot, index) => (slot.kind === 'constant' ? [{ slot, index }] : []));
    for (const [done, { slot, index }] of constants.entries()) {
      throwIfAborted(signal, 'prepare');
      onProgress?.({ phase: 'upload', done, total: constants.length });
      if (this.constants.has(index)) continue;
      this.constants.set(index, await device.constants.acquire(slot.tensor, slot.layout));
    }
    const programs: Program[] = [];
    for (const [done, pass] of plan.passes.entries()) {
      throwIfAborted(signal, 'prepare');
      onProgress?.({ phase: 'compile', done, total: plan.passes.length });
      programs.push(await this.readyProgram(pass, this.shaders[done]!.source));
    }
    this.programs = programs;
  }

  private async readyProgram(pass: Pass, source: string): Promise<Program> {
    const { device, plan } = this;
    device.checkUsable('prepare');
    const program = device.programs.get(source);
    if (program.warm) return program;
    device.enter();
    const specOf = (slot: SlotIndex): TextureSpec => plan.slots[slot]!.layout.texture;
    const inputs = pass.inputs.map((slot, position): [string, TextureSpec] => [inputName(position), specOf(slot)]);
    device.warmUp(program, inputs, specOf(pass.output), plan.slots[pass.output]!.layout.targets);
    program.warm = true;
    await giveTurn(); // compiling takes tens of milliseconds
    return program;
  }

  private async execute(
    inputs: RunInputs,
    step: (pass: Pass, index: number, live: LiveTextures) => Promise<void>,
  ): Promise<RunOutput[]> {
    const { device, plan } = this;
    device.beginRun(plan.peakBytes);
    const live: LiveTextures = new Map();
    try {
      plan.slots.forEach((slot, index) => {
        if (slot.kind !== 'input') return;
        const { name } = slot.tensor.attributes as PlaceholderAttributes;
        live.set(index, device.upload(slot.layout, toNumericArray(inputs[name]!), 'passing'));
      });
      for (const [index, pass] of plan.passes.entries()) {
        const { kind, layout } = plan.slots[pass.output]!;
        if (kind === 'made') live.set(pass.output, device.textures.acquire(layout.texture, 'passing'));
        await step(pass, index, live);
        for (const slot of pass.dying) {
          device.textures.release(live.get(slot)!);
          live.delete(slot);
        }
      }
      return plan.outputs.map((slot) => this.readSlot(slot, live));
    } finally {
      for (const texture of live.values()) device.textures.release(texture);
      device.leave();
    }
  }

  private draw(pass: Pass, index: number, live: LiveTextures, given: RunInputs, between: () => void): Promise<void> {
    const { layout } = this.plan.slots[pass.output]!;
    const rows = this.findRows(pass, given);
    const call = {
      program: this.programs![index]!,
      numbers: this.shaders[index]!,
      inputs: pass.inputs.map((slot, position): [string, GpuTexture] => [
        inputName(position),
        this.textureOf(slot, live),
      ]),
      output: this.textureOf(pass.output, live),
      layout,
      fetches: pass.cost.fetches,
      ...(rows && { regions: locateRows(layout, rows) }),
    };
    return this.device.draw(call, between);
  }

  /** The rows that a pass draws anew, where it does not draw all. */
  private findRows({ op, tensor }: Pass, given: RunInputs): Rows | undefined {
    if (!op.redraws) return undefined;
    const values = tensor.inputs.map(({ op, attributes }) =>
      op === (placeholderOp as Op) ? given[(attributes as PlaceholderAttributes).name] : undefined,
    );
    return op.redraws(
      values,
      tensor.inputs.map(({ type }) => type),
      tensor.attributes,
    );
  }

  private textureOf(slot: SlotIndex, live: LiveTextures): GpuTexture {
    const { kind, tensor, layout } = this.plan.slots[slot]!;
    if (kind === 'state') return (tensor.attributes as StateAttributes).state.textureOn(this.device, layout);
    return live.get(slot) ?? this.constants.get(slot)!;
  }

  private readSlot(slot: SlotIndex, live: LiveTextures): RunOutput {
    const { layout, tensor } = this.plan.slots[slot]!;
    const data = arrayFor(tensor.dtype, sizeOf(tensor.shape));
    this.device.read(this.textureOf(slot, live), layout, data);
    return data;
  }
}

function toNumericArray(data: NumericArray | ArrayLike<number>): NumericArray {
  const typed = data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array;
  return typed ? data : Float32Array.from(data);
}

/** Throws AbortedError `E_ABORTED` once the signal has fired. */
export function throwIfAborted(signal: StopSignal | undefined, where: string): void {
  if (signal?.aborted) throw new AbortedError('E_ABORTED', `${where}: stopped on request.`, { cause: signal.reason });
}
