/**
 * Texture arrays with a ledger: what is in use, what waits for reuse, how many bytes that is. Buffers of a finished
 * pass are kept for the next pass of the same size, up to a bound in bytes; the longest unused one goes first.
 */
import { MemoryError } from '../../base/errors.ts';
import { formatMebibytes } from '../../base/mebibytes.ts';
import { ContextLife } from '../context/context-life.ts';
import { bytesOf } from './layout.ts';
import type { TextureSpec } from './layout.ts';
import type { Texels } from './texels.ts';

export interface GpuTexture {
  readonly spec: TextureSpec;
  readonly texture: WebGLTexture;
  /** One framebuffer a fold, made at the first draw into it and kept: changing attachments is slow. */
  readonly framebuffers: Map<number, WebGLFramebuffer>;
}

/** Weights stay as long as their plan, states as long as they are wanted; the rest lives for some passes of a run. */
export type TextureUse = 'weights' | 'states' | 'passing';

interface Ledger {
  readonly weightBytes: number;
  readonly stateBytes: number;
  /** Bytes of textures that inputs and intermediate tensors live in now. */
  readonly passingBytes: number;
  /** Bytes of textures that wait for reuse. */
  readonly pooledBytes: number;
  /** The most that passing and pooled textures took together. */
  readonly peakBytes: number;
  readonly liveTextures: number;
}

const keyOf = ({ width, height, layers, format }: TextureSpec): string => `${width}x${height}x${layers}${format}`;

export class TexturePool {
  private readonly gl: WebGL2RenderingContext;
  private readonly life: ContextLife;
  private readonly maxLayers: number;
  private readonly budgetBytes: number;
  /** What the run under way takes at most by itself. */
  private neededBytes = 0;
  /** Oldest first, so eviction takes from the front. */
  private waiting: GpuTexture[] = [];
  private readonly live = new Map<GpuTexture, TextureUse>();
  private readonly bytes: Record<TextureUse, number> = { weights: 0, states: 0, passing: 0 };
  private pooledBytes = 0;
  private peakBytes = 0;

  /** Waiting textures are freed as soon as they and the passing ones would take more than `budgetBytes`. */
  constructor(gl: WebGL2RenderingContext, maxLayers: number, budgetBytes: number) {
    this.gl = gl;
    this.life = new ContextLife(gl);
    this.maxLayers = maxLayers;
    this.budgetBytes = budgetBytes;
  }

  /**
   * A run that takes this much by itself has begun: it may as well keep that for reuse where it is more than the
   * budget.
   */
  beginRun(neededBytes: number): void {
    this.neededBytes = neededBytes;
  }

  /** A texture of exactly this size. Its contents are whatever was there: the caller writes every texel it reads. */
  acquire(spec: TextureSpec, use: TextureUse): GpuTexture {
    const texture = this.takeWaiting(spec) ?? this.makeRoomAndAllocate(spec, use);
    this.live.set(texture, use);
    this.bytes[use] += bytesOf(spec);
    this.peakBytes = Math.max(this.peakBytes, this.bytes.passing + this.pooledBytes);
    return texture;
  }

  /** Gives a texture back: weights and states are freed, the rest waits for reuse. */
  release(texture: GpuTexture): void {
    const use = this.live.get(texture);
    if (!use) return;
    this.live.delete(texture);
    const bytes = bytesOf(texture.spec);
    this.bytes[use] -= bytes;
    if (use !== 'passing') return this.free(texture);
    this.waiting.push(texture);
    this.pooledBytes += bytes;
    this.evictBeyondBudget(0);
  }

  /** Frees every texture that waits for reuse. */
  trim(): void {
    while (this.waiting.length > 0) this.evictOldest();
  }

  ledger(): Ledger {
    const { bytes, pooledBytes, peakBytes } = this;
    const liveTextures = this.live.size;
    return {
      weightBytes: bytes.weights,
      stateBytes: bytes.states,
      passingBytes: bytes.passing,
      pooledBytes,
      peakBytes,
      liveTextures,
    };
  }

  /** Starts the peak anew from what is allocated now. */
  resetPeak(): void {
    this.peakBytes = this.bytes.passing + this.pooledBytes;
  }

  dispose(): void {
    this.trim();
    for (const texture of this.live.keys()) this.free(texture);
    this.live.clear();
    for (const use of ['weights', 'states', 'passing'] as const) this.bytes[use] = 0;
  }

  private takeWaiting(spec: TextureSpec): GpuTexture | undefined {
    const key = keyOf(spec);
    const index = this.waiting.findLastIndex((candidate) => keyOf(candidate.spec) === key);
    if (index < 0) return undefined;
    this.pooledBytes -= bytesOf(spec);
    return this.waiting.splice(index, 1)[0]!;
  }

  private makeRoomAndAllocate(spec: TextureSpec, use: TextureUse): GpuTexture {
    if (use === 'passing') this.evictBeyondBudget(bytesOf(spec));
    return this.allocate(spec);
  }

  private evictBeyondBudget(extraBytes: number): void {
    const most = Math.max(this.budgetBytes, this.neededBytes) - this.bytes.passing - extraBytes;
    while (this.waiting.length > 0 && this.pooledBytes > most) this.evictOldest();
  }

  private evictOldest(): void {
    const oldest = this.waiting.shift()!;
    this.pooledBytes -= bytesOf(oldest.spec);
    this.free(oldest);
  }

  private allocate(spec: TextureSpec): GpuTexture {
    if (spec.layers > this.maxLayers) {
      throw new MemoryError(
        'E_MEMORY',
        `TexturePool: a tensor needs ${spec.layers} layers of ${spec.width}×${spec.height} texels and this device has ` +
          `${this.maxLayers}. It is too large to hold: use a smaller picture or batch.`,
      );
    }
    const created = tryCreateTexture(this.gl, spec);
    if (created) return created;
    this.life.check('TexturePool');
    this.trim();
    const second = tryCreateTexture(this.gl, spec);
    if (second) return second;
    throw new MemoryError(
      'E_MEMORY',
      `TexturePool: the driver refused a texture of ${spec.width}×${spec.height}×${spec.layers} ` +
        `(${formatMebibytes(bytesOf(spec))}) while ${formatMebibytes(this.bytes.weights + this.bytes.states + this.bytes.passing)} were in use. ` +
        'The device is out of memory: use a smaller picture or batch, or dispose plans that are no longer needed.',
    );
  }

  /** What was lost with its context is not there to be freed: a context that was given back would call it an error. */
  private free({ texture, framebuffers }: GpuTexture): void {
    if (this.life.isOver) return;
    for (const framebuffer of framebuffers.values()) this.gl.deleteFramebuffer(framebuffer);
    this.gl.deleteTexture(texture);
  }
}

/** Allocates, or returns undefined where the driver reports an error such as OUT_OF_MEMORY. */
export function tryCreateTexture(gl: WebGL2RenderingContext, spec: TextureSpec): GpuTexture | undefined {
  const texture = gl.createTexture();
  if (!texture) return undefined;
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
  const format = spec.format === 'f16' ? gl.RGBA32UI : gl.RGBA32F;
  gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, format, spec.width, spec.height, spec.layers);
  if (gl.getError() !== gl.NO_ERROR) {
    gl.deleteTexture(texture);
    return undefined;
  }
  gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return { spec, texture, framebuffers: new Map() };
}

/** How texels of a texture travel between JavaScript and the driver. */
export function transferOf(
  gl: WebGL2RenderingContext,
  { format }: TextureSpec,
): { readonly format: number; readonly type: number; createTexels(count: number): Texels } {
  return format === 'f16'
    ? { format: gl.RGBA_INTEGER, type: gl.UNSIGNED_INT, createTexels: (count) => new Uint32Array(count * 4) }
    : { format: gl.RGBA, type: gl.FLOAT, createTexels: (count) => new Float32Array(count * 4) };
}

/** The framebuffer whose targets are the `targets` layers of a fold. */
export function framebufferOf(
  gl: WebGL2RenderingContext,
  texture: GpuTexture,
  fold: number,
  targets: number,
): WebGLFramebuffer {
  const known = texture.framebuffers.get(fold);
  if (known) return known;
  const framebuffer = gl.createFramebuffer()!;
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  const buffers = Array.from({ length: targets }, (_, target) => gl.COLOR_ATTACHMENT0 + target);
  buffers.forEach((attachment, target) =>
    gl.framebufferTextureLayer(gl.FRAMEBUFFER, attachment, texture.texture, 0, fold * targets + target),
  );
  gl.drawBuffers(buffers);
  texture.framebuffers.set(fold, framebuffer);
  return framebuffer;
}
