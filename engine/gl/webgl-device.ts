/**
 * WebGL as a device: one WebGL 2 context, what its probes found, its programs and textures, and the three things that
 * running a plan asks of it: write numbers into a texture, draw a pass, read a texture back. Nothing above this folder
 * talks to WebGL.
 */
import { checkObject, describeValue, argumentError } from '../../base/check-argument.ts';
import { ContextError, ShapeError } from '../../base/errors.ts';
import { ContextLife } from '../context/context-life.ts';
import type { ContextSource } from '../context/source.ts';
import type { Device } from '../device.ts';
import type { BlockForm, FetchStyle, KernelChoice } from '../kernel-choice.ts';
import type { NumericArray } from '../op.ts';
import type { Plan } from '../plan.ts';
import { StateStore } from '../state.ts';
import { planDraws } from './draws.ts';
import { WebGLExecutable } from './executable.ts';
import type { Layout, Region, TextureSpec } from './layout.ts';
import { noNumbers } from './share-programs.ts';
import type { Numbers } from './share-programs.ts';
import { packRows, unpackLayer } from './texels.ts';
import { ConstantStore } from './constant-store.ts';
import { DerivedStore } from './derived-store.ts';
import { Pacer } from './pacer.ts';
import { probeDevice } from './probes.ts';
import type { Probes } from './probes.ts';
import { ProgramCache } from './program.ts';
import type { Program } from './program.ts';
import { forgetErrors, leaveState, resetState } from './context-state.ts';
import { TexturePool, framebufferOf, transferOf } from './texture.ts';
import type { GpuTexture, TextureUse } from './texture.ts';

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

/** The smallest texture that a driver which tells powers of two from other sizes will take for one of the same kind. */
function standIn({ width, height, layers, format }: TextureSpec): TextureSpec {
  const small = (size: number): number => (Number.isInteger(Math.log2(size)) ? 1 : 3);
  return { width: small(width), height: small(height), layers: small(layers), format };
}

/** One pass: what to draw with, what it reads, where it goes, and how many texture reads that is. */
export interface DrawCall {
  readonly program: Program;
  readonly numbers: Numbers;
  readonly inputs: readonly [string, GpuTexture][];
  readonly output: GpuTexture;
  readonly layout: Pick<Layout, 'texture' | 'folds' | 'margin' | 'targets'>;
  readonly fetches: number;
  /** Parts of the output to draw; all of it unless given. */
  readonly regions?: readonly Region[];
}

/** An upload larger than this goes in several calls. */
const uploadChunkBytes = 16 * 2 ** 20;

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
  readonly programs: ProgramCache;
  readonly textures: TexturePool;
  readonly constants: ConstantStore;
  readonly derived: DerivedStore;
  readonly deriveFrom: number;
  /** The textures of states, which outlive runs. */
  readonly states: StateStore<GpuTexture>;
  private readonly life: ContextLife;
  private readonly pacer: Pacer;
  private disposed = false;

  /** Throws ShapeError `E_ATTRIBUTE` for options that mean nothing, and ContextError as `probeDevice`. */
  constructor(source: ContextSource, options: DeviceOptions = {}) {
    checkObject('Device', 'source', source);
    checkObject('Device', 'options', options);
    if (typeof source.gl?.isContextLost !== 'function')
      throw argumentError('Device', 'a source with a context', source.gl);
    checkOptions(options);
    this.source = source;
    this.life = new ContextLife(source.gl);
    this.probes = probeDevice(source.gl);
    this.targets = Math.min(options.targets ?? this.probes.targets, this.probes.targets);
    this.maxTextureSize = Math.min(options.maxTextureSize ?? this.probes.maxTextureSize, this.probes.maxTextureSize);
    this.fetch = options.fetch ?? 'textureLod';
    this.block = options.block ?? 'strip';
    this.without = [...(options.without ?? [])];
    this.programs = new ProgramCache(source.gl);
    this.pacer = new Pacer(source.gl, options.portionMilliseconds ?? 50);
    this.textures = new TexturePool(source.gl, this.probes.maxLayers, options.budgetBytes ?? 350e6);
    const release = (texture: GpuTexture): void => this.textures.release(texture);
    this.constants = new ConstantStore(release);
    this.derived = new DerivedStore(release);
    this.states = new StateStore(release);
    this.deriveFrom = options.deriveFrom ?? 2 ** 19;
  }

  load(plan: Plan): WebGLExecutable {
    return new WebGLExecutable(this, planDraws(plan, this));
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
    return !this.disposed && !this.life.isOver;
  }

  /** One line that names the driver, for reports. */
  get description(): string {
    return this.source.description;
  }

  /** Puts row-major numbers into a texture of their own. */
  upload(layout: Layout, data: NumericArray, use: TextureUse): GpuTexture {
    this.checkUsable('upload');
    const texture = this.textures.acquire(layout.texture, use);
    this.write(texture, layout, data);
    return texture;
  }

  /** Overwrites a texture with row-major numbers. */
  write(texture: GpuTexture, layout: Layout, data: NumericArray): void {
    const gl = this.source.gl;
    const { width, height, layers } = layout.texture;
    const rows = Math.max(1, Math.floor(uploadChunkBytes / (width * 16)));
    const { format, type } = transferOf(gl, layout.texture);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture.texture);
    for (let layer = 0; layer < layers; layer++) {
      for (let y = 0; y < height; y += rows) {
        const count = Math.min(rows, height - y);
        const texels = packRows(layout, layer, data, y, count);
        gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, y, layer, width, count, 1, format, type, texels);
      }
    }
  }

  /**
   * Draws one texel with the program, into the void: some drivers, llvmpipe among them, translate a shader only when it
   * is first drawn with textures of a kind. The stand-ins are of the kind that the pass will use, as small as can be.
   */
  warmUp(program: Program, inputs: readonly [string, TextureSpec][], output: TextureSpec, targets: number): void {
    const acquire = (spec: TextureSpec): GpuTexture => this.textures.acquire(standIn(spec), 'passing');
    const sources = inputs.map(([name, spec]): [string, GpuTexture] => [name, acquire(spec)]);
    const target = this.textures.acquire({ ...standIn(output), layers: targets }, 'passing');
    const layout = { texture: target.spec, folds: 1, margin: 0, targets };
    const texel = { fold: 0, x: 0, y: 0, width: 1, height: 1 };
    this.drawRegion({ program, numbers: noNumbers, inputs: sources, output: target, layout, fetches: 0 }, texel);
    for (const texture of [...sources.map(([, source]) => source), target]) this.textures.release(texture);
  }

  /**
   * Draws `output` with the program, in bands that the pacer finds short enough. `inputs` are bound to the samplers of
   * these names. `between` runs after a pause, when others may have used the context; it may throw.
   */
  async draw(call: DrawCall, between: () => void): Promise<void> {
    this.checkAlive('run');
    const { margin, texture } = call.layout;
    const atlas = { x: margin, y: 0, width: texture.width - margin, height: texture.height };
    const folds = Array.from({ length: call.layout.folds }, (_, fold) => ({ fold, ...atlas }));
    const regions = call.regions ?? folds;
    const fetchesPerTexel = call.fetches / regions.reduce((texels, { width, height }) => texels + width * height, 0);
    for (const { fold, ...region } of regions) {
      for (let y = 0; y < region.height;) {
        const band = this.pacer.nextBand({ width: region.width, height: region.height - y }, fetchesPerTexel);
        for (let x = 0; x < region.width; x += band.width) {
          const width = Math.min(band.width, region.width - x);
          this.drawRegion(call, { fold, x: region.x + x, y: region.y + y, width, height: band.height });
          if (!this.pacer.add(width * band.height * fetchesPerTexel)) continue;
          await this.pacer.pause();
          between();
          this.enter();
        }
        y += band.height;
      }
    }
  }

  private drawRegion(
    { program, numbers, inputs, output, layout }: DrawCall,
    { fold, x, y, width, height }: Region,
  ): void {
    const gl = this.source.gl;
    this.programs.use(program);
    this.programs.tell(program, numbers);
    inputs.forEach(([name, texture], unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture.texture);
      if (!program.sampling) gl.uniform1i(this.programs.uniform(program, `${name}_texels`), unit);
    });
    program.sampling = true;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebufferOf(gl, output, fold, layout.targets));
    gl.viewport(0, 0, layout.texture.width, layout.texture.height);
    gl.scissor(x, y, width, height);
    if (layout.folds > 1) gl.uniform1i(this.programs.uniform(program, 'fold'), fold);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  /** Reads a texture back into `data`, row-major. Waits for every draw before it. */
  read(texture: GpuTexture, layout: Layout, data: NumericArray): void {
    this.checkAlive('read');
    const gl = this.source.gl;
    const { width, height } = layout.texture;
    const { format, type, createTexels } = transferOf(gl, layout.texture);
    const texels = createTexels(width * height);
    for (let fold = 0; fold < layout.folds; fold++) {
      gl.bindFramebuffer(gl.FRAMEBUFFER, framebufferOf(gl, texture, fold, layout.targets));
      for (let target = 0; target < layout.targets; target++) {
        gl.readBuffer(gl.COLOR_ATTACHMENT0 + target);
        gl.readPixels(0, 0, width, height, format, type, texels);
        unpackLayer(layout, fold * layout.targets + target, texels, data);
      }
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.checkUsable('read');
  }

  /** Waits until everything drawn so far is done, by reading a texel of `texture`: a fence alone is not trusted. */
  finish(texture: GpuTexture, layout: Layout): void {
    const gl = this.source.gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebufferOf(gl, texture, 0, layout.targets));
    gl.readBuffer(gl.COLOR_ATTACHMENT0);
    const { format, type, createTexels } = transferOf(gl, layout.texture);
    gl.readPixels(0, 0, 1, 1, format, type, createTexels(1));
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  /** Starts a run that takes `neededBytes` of textures: errors and times from before it are not its own. */
  beginRun(neededBytes: number): void {
    this.checkAlive('run');
    this.textures.beginRun(neededBytes);
    forgetErrors(this.source.gl);
    this.enter();
    this.pacer.restart();
  }

  /** Makes our own view of the context's state true again, whatever others did with it. */
  enter(): void {
    this.checkUsable('run');
    this.programs.forgetBinding();
    resetState(this.source.gl);
  }

  /** Leaves the context's state as others expect it. */
  leave(): void {
    if (this.isUsable) leaveState(this.source.gl);
  }

  /** Throws ContextError `E_GL_LOST` or `E_DISPOSED`, or `E_GL_ERROR` for a GL error that should not happen. */
  checkUsable(during: string): void {
    this.checkAlive(during);
    const gl = this.source.gl;
    const error = gl.getError();
    if (error === gl.CONTEXT_LOST_WEBGL) this.life.end();
    this.checkAlive(during);
    if (error === gl.OUT_OF_MEMORY) {
      throw new ContextError('E_MEMORY', `${during}: the driver ran out of memory. Use a smaller picture or batch.`);
    }
    if (error !== gl.NO_ERROR) {
      throw new ContextError(
        'E_GL_ERROR',
        `${during}: unexpected GL error 0x${error.toString(16)}. Another user of this context left it, or it is a bug of dalle-gl.`,
      );
    }
  }

  private checkAlive(during: string): void {
    if (this.disposed) {
      throw new ContextError('E_DISPOSED', `${during}: this device was disposed. Open another one.`);
    }
    this.life.check(during);
  }

  /** Frees all textures, programs and, where the source made it, the context. */
  dispose(): void {
    if (this.disposed) return;
    this.textures.dispose();
    this.programs.dispose();
    this.source.dispose();
    this.disposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
