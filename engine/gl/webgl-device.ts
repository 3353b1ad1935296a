/**
 * WebGL as a device: what users see of it. `open` makes one. What a plan asks of the context is in gpu.ts.
 */
import { argumentError, checkObject, describeValue } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import type { ContextSource } from '../context/source.ts';
import type { Device, Executable } from '../device.ts';
import type { BlockForm, FetchStyle, KernelChoice } from '../kernel-choice.ts';
import type { Plan } from '../plan.ts';
import { planDraws } from './draws.ts';
import { WebGLExecutable } from './executable.ts';
import { Gpu } from './gpu.ts';
import { probeDevice } from './probes.ts';
import type { Probes } from './probes.ts';

/** How a device computes, where there is a choice. */
export interface DeviceOptions {
  /** Render targets a draw, a power of two up to what the probe found: a smaller number for tests and comparisons. */
  readonly targets?: number;
  /** Pretends a smaller largest texture. */
  readonly maxTextureSize?: number;
  /** How a texel is read [textureLod]. */
  readonly fetch?: FetchStyle;
  /** Whether the pixels of a draw's targets lie in a strip along W, or in a block of two rows [strip]. */
  readonly block?: BlockForm;
  /** Rewrite rules to leave out of every plan, by name [none]. */
  readonly without?: readonly string[];
  /**
   * Textures that wait for reuse are freed when they and those in use, weights aside, exceed this (350 MB) and what the
   * plan that runs takes by itself.
   */
  readonly budgetBytes?: number;
  /** Milliseconds of work handed to the driver at a time (50). */
  readonly portionMilliseconds?: number;
  /** Constants that become this many numbers or more are packed by draws, smaller ones by the CPU (2¹⁹). */
  readonly deriveFrom?: number;
}

function checkOptions({ targets, fetch, block, without, ...sizes }: DeviceOptions): void {
  if (targets !== undefined && ![1, 2, 4, 8].includes(targets)) {
    throw new ShapeError('E_ATTRIBUTE', `Device: targets is 1, 2, 4 or 8, got ${describeValue(targets)}.`);
  }
  if (fetch !== undefined && fetch !== 'texelFetch' && fetch !== 'textureLod') {
    throw new ShapeError('E_ATTRIBUTE', `Device: fetch is texelFetch or textureLod, got ${describeValue(fetch)}.`);
  }
  if (block !== undefined && block !== 'strip' && block !== 'block') {
    throw new ShapeError('E_ATTRIBUTE', `Device: block is strip or block, got ${describeValue(block)}.`);
  }
  if (without !== undefined && !(Array.isArray(without) && without.every((name) => typeof name === 'string'))) {
    throw new ShapeError(
      'E_ATTRIBUTE',
      `Device: without is a list of names of rewrites, got ${describeValue(without)}.`,
    );
  }
  for (const name of ['maxTextureSize', 'budgetBytes', 'portionMilliseconds', 'deriveFrom'] as const) {
    const value = sizes[name];
    if (value === undefined || (typeof value === 'number' && value > 0)) continue;
    throw new ShapeError('E_ATTRIBUTE', `Device: ${name} must be a positive number, got ${describeValue(value)}.`);
  }
}

/** A WebGL 2 context that runs plans. `open` makes one. */
export class WebGLDevice implements Device {
  readonly kind = 'webgl';
  readonly asWritten = false;
  readonly source: ContextSource;
  readonly probes: Probes;
  readonly targets: number;
  readonly maxTextureSize: number;
  readonly fetch: FetchStyle;
  readonly block: BlockForm;
  readonly without: readonly string[];
  /**
   * Its textures and programs: for measurements, and for tests.
   * @internal
   */
  readonly gpu: Gpu;
  private disposed = false;

  /** Throws ShapeError `E_ATTRIBUTE` for options that mean nothing, and ContextError as `probeDevice`. */
  constructor(source: ContextSource, options: DeviceOptions = {}) {
    checkObject('Device', 'source', source);
    checkObject('Device', 'options', options);
    if (typeof source.gl?.isContextLost !== 'function')
      throw argumentError('Device', 'a source with a context', source.gl);
    checkOptions(options);
    this.source = source;
    this.probes = probeDevice(source.gl);
    this.targets = Math.min(options.targets ?? this.probes.targets, this.probes.targets);
    this.maxTextureSize = Math.min(options.maxTextureSize ?? this.probes.maxTextureSize, this.probes.maxTextureSize);
    this.fetch = options.fetch ?? 'textureLod';
    this.block = options.block ?? 'strip';
    this.without = [...(options.without ?? [])];
    this.gpu = new Gpu(source.gl, {
      ...this.kernels,
      description: source.description,
      maxTextureSize: this.maxTextureSize,
      maxLayers: this.probes.maxLayers,
      budgetBytes: options.budgetBytes ?? 350e6,
      portionMilliseconds: options.portionMilliseconds ?? 50,
      deriveFrom: options.deriveFrom ?? 2 ** 19,
    });
  }

  load(plan: Plan): Executable {
    return new WebGLExecutable(this.gpu, planDraws(plan, this));
  }

  /** The context, for other libraries to share: a run takes it in any state, and leaves it as it leaves a fresh one. */
  get gl(): WebGL2RenderingContext {
    return this.source.gl;
  }

  get kernels(): KernelChoice {
    return { targets: this.targets, fetch: this.fetch, block: this.block, without: this.without };
  }

  /** False once it was disposed, or its context lost: another one must be opened then. */
  get isUsable(): boolean {
    return this.gpu.isUsable;
  }

  /** One line that names the driver, for reports. */
  get description(): string {
    return this.source.description;
  }

  /** Frees all textures, programs and, where the source made it, the context. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.gpu.dispose();
    this.source.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
