/**
 * Texture arrays with a ledger: what is in use, what waits for reuse, how many bytes that is. Buffers of a finished
 * pass are kept for the next pass of the same size, up to a bound in bytes; the longest unused one goes first.
 */
import { MemoryError } from '../../errors.ts';
import { bytesOf } from '../layout.ts';
import type { TextureSpec } from '../layout.ts';

export interface GpuTexture {
  readonly spec: TextureSpec;
  readonly texture: WebGLTexture;
  /** One framebuffer a fold, made at the first draw into it and kept: changing attachments is slow. */
  readonly framebuffers: Map<number, WebGLFramebuffer>;
}

export interface Ledger {
  /** Bytes of textures that tensors live in now. */
  readonly liveBytes: number;
  /** Bytes of textures that wait for reuse. */
  readonly pooledBytes: number;
  /** The most that live and pooled textures took together. */
  readonly peakBytes: number;
  readonly liveTextures: number;
}

const keyOf = ({ width, height, layers, format }: TextureSpec): string => `${width}x${height}x${layers}${format}`;

export class TexturePool {
  private readonly gl: WebGL2RenderingContext;
  private readonly maxPooledBytes: number;
  /** Oldest first, so eviction takes from the front. */
  private waiting: GpuTexture[] = [];
  private live = new Set<GpuTexture>();
  private liveBytes = 0;
  private pooledBytes = 0;
  private peakBytes = 0;

  constructor(gl: WebGL2RenderingContext, maxPooledBytes: number) {
    this.gl = gl;
    this.maxPooledBytes = maxPooledBytes;
  }

  /** A texture of exactly this size. Its contents are whatever was there: the caller writes every texel it reads. */
  acquire(spec: TextureSpec): GpuTexture {
    const key = keyOf(spec);
    const index = this.waiting.findLastIndex((candidate) => keyOf(candidate.spec) === key);
    const texture = index >= 0 ? this.waiting.splice(index, 1)[0]! : this.allocate(spec);
    if (index >= 0) this.pooledBytes -= bytesOf(spec);
    this.live.add(texture);
    this.liveBytes += bytesOf(spec);
    this.peakBytes = Math.max(this.peakBytes, this.liveBytes + this.pooledBytes);
    return texture;
  }

  /** Gives a texture back for reuse. */
  release(texture: GpuTexture): void {
    if (!this.live.delete(texture)) return;
    const bytes = bytesOf(texture.spec);
    this.liveBytes -= bytes;
    this.waiting.push(texture);
    this.pooledBytes += bytes;
    while (this.pooledBytes > this.maxPooledBytes) this.evictOldest();
  }

  /** Frees every texture that waits for reuse. */
  trim(): void {
    while (this.waiting.length > 0) this.evictOldest();
  }

  ledger(): Ledger {
    const { liveBytes, pooledBytes, peakBytes } = this;
    return { liveBytes, pooledBytes, peakBytes, liveTextures: this.live.size };
  }

  /** Starts the peak anew from what is allocated now. */
  resetPeak(): void {
    this.peakBytes = this.liveBytes + this.pooledBytes;
  }

  dispose(): void {
    this.trim();
    for (const texture of this.live) this.free(texture);
    this.live.clear();
    this.liveBytes = 0;
  }

  private evictOldest(): void {
    const oldest = this.waiting.shift()!;
    this.pooledBytes -= bytesOf(oldest.spec);
    this.free(oldest);
  }

  private allocate(spec: TextureSpec): GpuTexture {
    const created = tryCreateTexture(this.gl, spec);
    if (created) return created;
    this.trim();
    const second = tryCreateTexture(this.gl, spec);
    if (second) return second;
    const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    throw new MemoryError(
      'E_MEMORY',
      `TexturePool: the driver refused a texture of ${spec.width}×${spec.height}×${spec.layers} ` +
        `(${mebibytes(bytesOf(spec))}) while ${mebibytes(this.liveBytes)} were in use. ` +
        'The device is out of memory: use a smaller picture or batch, or dispose plans that are no longer needed.',
    );
  }

  private free({ texture, framebuffers }: GpuTexture): void {
    for (const framebuffer of framebuffers.values()) this.gl.deleteFramebuffer(framebuffer);
    this.gl.deleteTexture(texture);
  }
}

/** Allocates, or returns undefined where the driver reports an error such as OUT_OF_MEMORY. */
export function tryCreateTexture(gl: WebGL2RenderingContext, spec: TextureSpec): GpuTexture | undefined {
  const texture = gl.createTexture();
  if (!texture) return undefined;
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, texture);
  const format = spec.format === 'f16' ? gl.RGBA16F : gl.RGBA32F;
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
