/**
 * A WebGL 2 context as plans use it: its programs and textures, what it keeps from one run to the next, and the three
 * things that running a plan asks of it: write numbers into a texture, draw a pass, read a texture back. With the rest
 * of this folder it is all that talks to WebGL; webgl-device.ts is what users see of it.
 */
import { ContextError } from '../../base/errors.ts';
import { ContextLife } from '../context/context-life.ts';
import type { KernelChoice } from '../kernel-choice.ts';
import type { NumericArray } from '../op.ts';
import { StateStore } from '../state.ts';
import { ConstantStore } from './constant-store.ts';
import { forgetErrors, leaveState, resetState } from './context-state.ts';
import { DerivedStore } from './derived-store.ts';
import type { DrawLimits } from './draws.ts';
import type { Layout, Region, TextureSpec } from './layout.ts';
import { Pacer } from './pacer.ts';
import { ProgramCache } from './program.ts';
import type { Program } from './program.ts';
import { noNumbers } from './share-programs.ts';
import type { Numbers } from './share-programs.ts';
import { packRows, unpackLayer } from './texels.ts';
import { TexturePool, framebufferOf, transferOf } from './texture.ts';
import type { GpuTexture, TextureUse } from './texture.ts';

/** How a device draws, everything chosen. */
interface GpuSettings extends DrawLimits, KernelChoice {
  readonly block: KernelChoice['block'];
  readonly description: string;
  /** Layers that a texture may have. */
  readonly maxLayers: number;
  readonly budgetBytes: number;
  readonly portionMilliseconds: number;
  readonly deriveFrom: number;
}

/** The smallest texture that a driver which tells powers of two from other sizes will take for one of the same kind. */
function standIn({ width, height, layers, format }: TextureSpec): TextureSpec {
  const small = (size: number): number => (Number.isInteger(Math.log2(size)) ? 1 : 3);
  return { width: small(width), height: small(height), layers: small(layers), format };
}

/** One pass: what to draw with, what it reads, where it goes, and how many texture reads that is. */
interface DrawCall {
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

export class Gpu {
  readonly settings: GpuSettings;
  readonly programs: ProgramCache;
  readonly textures: TexturePool;
  readonly constants: ConstantStore;
  readonly derived: DerivedStore;
  /** The textures of states, which outlive runs. */
  readonly states: StateStore<GpuTexture>;
  private readonly gl: WebGL2RenderingContext;
  private readonly life: ContextLife;
  private readonly pacer: Pacer;
  private disposed = false;

  constructor(gl: WebGL2RenderingContext, settings: GpuSettings) {
    this.gl = gl;
    this.settings = settings;
    this.life = new ContextLife(gl);
    this.programs = new ProgramCache(gl);
    this.pacer = new Pacer(gl, settings.portionMilliseconds);
    this.textures = new TexturePool(gl, settings.maxLayers, settings.budgetBytes);
    const release = (texture: GpuTexture): void => this.textures.release(texture);
    this.constants = new ConstantStore(release);
    this.derived = new DerivedStore(release);
    this.states = new StateStore(release);
  }

  /** False once it was disposed, or its context lost. */
  get isUsable(): boolean {
    return !this.disposed && !this.life.isOver;
  }

  /** Puts row-major numbers into a texture of their own; whole numbers of 16 bits are halves' bits. */
  upload(layout: Layout, data: NumericArray | Uint16Array, use: TextureUse): GpuTexture {
    this.checkUsable('upload');
    const texture = this.textures.acquire(layout.texture, use);
    this.write(texture, layout, data);
    return texture;
  }

  /** Overwrites a texture with row-major numbers. */
  write(texture: GpuTexture, layout: Layout, data: NumericArray | Uint16Array): void {
    const gl = this.gl;
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
    const gl = this.gl;
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
    const gl = this.gl;
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
    const gl = this.gl;
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
    forgetErrors(this.gl);
    this.enter();
    this.pacer.restart();
  }

  /** Makes our own view of the context's state true again, whatever others did with it. */
  enter(): void {
    this.checkUsable('run');
    this.programs.forgetBinding();
    resetState(this.gl);
  }

  /** Leaves the context's state as others expect it. */
  leave(): void {
    if (this.isUsable) leaveState(this.gl);
  }

  /** Throws ContextError `E_GL_LOST` or `E_DISPOSED`, or `E_GL_ERROR` for a GL error that should not happen. */
  checkUsable(during: string): void {
    this.checkAlive(during);
    const gl = this.gl;
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

  /** Frees all textures and programs; the context is its source's. */
  dispose(): void {
    if (this.disposed) return;
    this.textures.dispose();
    this.programs.dispose();
    this.disposed = true;
  }
}
