/**
 * Framebuffers: what is attached, which attachments a draw writes, clears, blits. The canvas of a browser is played
 * by a hidden 1×1 RGBA8 framebuffer, since a context without a window has none of its own. Follows WebGL 2, section
 * 3.7.4 and 3.7.11, and WebGL 1, section 5.14.6.
 */
import { lostObject } from './buffers.ts';
import { GL } from './constants.ts';
import { FramebufferObject, type TextureObject } from './objects.ts';
import { TextureUploads } from './texture-uploads.ts';

const { COLOR_ATTACHMENT0, DRAW_FRAMEBUFFER, FRAMEBUFFER, READ_FRAMEBUFFER } = GL;
const COLOR_ATTACHMENTS = 16;

/** The attachment's place in FramebufferObject.attachments: colors first, then depth and stencil; -1 for none. */
function indexOf(attachment: number): number {
  const color = attachment - COLOR_ATTACHMENT0;
  if (color >= 0 && color < COLOR_ATTACHMENTS) return color;
  const others: number[] = [GL.DEPTH_ATTACHMENT, GL.STENCIL_ATTACHMENT, GL.DEPTH_STENCIL_ATTACHMENT];
  const other = others.indexOf(attachment);
  return other < 0 ? -1 : COLOR_ATTACHMENTS + other;
}

/** The canvas's one color buffer is called BACK; the framebuffer that plays it has COLOR_ATTACHMENT0. */
function canvasBuffers(buffers: readonly number[]): number[] | null {
  const [buffer, ...more] = buffers;
  if (more.length > 0 || (buffer !== GL.BACK && buffer !== GL.NONE)) return null;
  return [buffer === GL.BACK ? COLOR_ATTACHMENT0 : GL.NONE];
}

export class Framebuffers extends TextureUploads {
  private readonly canvasFramebuffer = this.createCanvasFramebuffer();
  protected drawFramebuffer: FramebufferObject | null = null;
  protected readFramebuffer: FramebufferObject | null = null;

  private createCanvasFramebuffer(): number {
    const framebuffer = this.generate(this.native.glGenFramebuffers);
    const renderbuffer = this.generate(this.native.glGenRenderbuffers);
    this.native.glBindFramebuffer(FRAMEBUFFER, framebuffer);
    this.native.glBindRenderbuffer(GL.RENDERBUFFER, renderbuffer);
    this.native.glRenderbufferStorage(GL.RENDERBUFFER, GL.RGBA8, 1, 1);
    this.native.glFramebufferRenderbuffer(FRAMEBUFFER, COLOR_ATTACHMENT0, GL.RENDERBUFFER, renderbuffer);
    this.native.glViewport(0, 0, 1, 1);
    this.native.glScissor(0, 0, 1, 1);
    this.native.glClear(GL.COLOR_BUFFER_BIT);
    return framebuffer;
  }

  /** The framebuffer bound to `target`; null is the canvas, undefined no target at all. */
  private framebufferAt(target: number): FramebufferObject | null | undefined {
    if (target === FRAMEBUFFER || target === DRAW_FRAMEBUFFER) return this.drawFramebuffer;
    return target === READ_FRAMEBUFFER ? this.readFramebuffer : undefined;
  }

  createFramebuffer(): FramebufferObject {
    if (!this.enter()) return lostObject(new FramebufferObject(this, 0));
    return new FramebufferObject(this, this.generate(this.native.glGenFramebuffers));
  }

  isFramebuffer(framebuffer: FramebufferObject | null): boolean {
    return this.isLive(framebuffer);
  }

  deleteFramebuffer(framebuffer: FramebufferObject | null): void {
    if (!this.enter() || !this.retire(framebuffer)) return;
    if (this.drawFramebuffer === framebuffer) this.bindFramebuffer(DRAW_FRAMEBUFFER, null);
    if (this.readFramebuffer === framebuffer) this.bindFramebuffer(READ_FRAMEBUFFER, null);
    this.native.glDeleteFramebuffers(1, Uint32Array.of(framebuffer!.id));
  }

  bindFramebuffer(target: number, framebuffer: FramebufferObject | null): void {
    if (!this.enter()) return;
    const name = this.nameOf(framebuffer);
    if (name < 0) return;
    if (target === FRAMEBUFFER || target === DRAW_FRAMEBUFFER) this.drawFramebuffer = framebuffer;
    if (target === FRAMEBUFFER || target === READ_FRAMEBUFFER) this.readFramebuffer = framebuffer;
    this.drawStateChanged = true;
    this.native.glBindFramebuffer(target, name || this.canvasFramebuffer);
  }

  /** A deleted texture leaves the bound framebuffers, and only those. */
  override deleteTexture(texture: TextureObject | null): void {
    if (this.isLive(texture)) {
      for (const framebuffer of [this.drawFramebuffer, this.readFramebuffer]) {
        framebuffer?.attachments.forEach((attached, index) => {
          if (attached === texture) framebuffer.attachments[index] = null;
        });
      }
    }
    super.deleteTexture(texture);
  }

  framebufferTexture2D(
    target: number,
    attachment: number,
    textureTarget: number,
    texture: TextureObject | null,
    level: number,
  ): void {
    const name = this.attach(target, attachment, texture);
    if (name >= 0) this.native.glFramebufferTexture2D(target, attachment, textureTarget, name, level);
  }

  framebufferTextureLayer(
    target: number,
    attachment: number,
    texture: TextureObject | null,
    level: number,
    layer: number,
  ): void {
    const name = this.attach(target, attachment, texture);
    if (name >= 0) this.native.glFramebufferTextureLayer(target, attachment, name, level, layer);
  }

  /** Notes the attachment; returns the texture's name for the driver, or -1 after recording an error. */
  private attach(target: number, attachment: number, texture: TextureObject | null): number {
    if (!this.enter()) return -1;
    const name = this.nameOf(texture);
    if (name < 0) return -1;
    const framebuffer = this.framebufferAt(target);
    const index = indexOf(attachment);
    if (framebuffer === undefined || index < 0 || framebuffer === null) {
      this.fail(framebuffer === null ? GL.INVALID_OPERATION : GL.INVALID_ENUM);
      return -1;
    }
    framebuffer.attachments[index] = texture;
    this.drawStateChanged = true;
    return name;
  }

  checkFramebufferStatus(target: number): number {
    if (!this.enter()) return GL.FRAMEBUFFER_UNSUPPORTED;
    return this.native.glCheckFramebufferStatus(target);
  }

  drawBuffers(buffers: readonly number[]): void {
    if (!this.enter()) return;
    const names = this.drawFramebuffer === null ? canvasBuffers(buffers) : buffers;
    if (names === null) return this.fail(GL.INVALID_OPERATION);
    this.native.glDrawBuffers(names.length, Uint32Array.from(names));
  }

  readBuffer(buffer: number): void {
    if (!this.enter()) return;
    const names = this.readFramebuffer === null ? canvasBuffers([buffer]) : [buffer];
    if (names === null) return this.fail(GL.INVALID_OPERATION);
    this.native.glReadBuffer(names[0]!);
  }

  clear(mask: number): void {
    if (this.enter()) this.native.glClear(mask);
  }

  clearColor(red: number, green: number, blue: number, alpha: number): void {
    if (this.enter()) this.native.glClearColor(red, green, blue, alpha);
  }

  clearDepth(depth: number): void {
    if (this.enter()) this.native.glClearDepthf(depth);
  }

  clearStencil(stencil: number): void {
    if (this.enter()) this.native.glClearStencil(stencil);
  }

  clearBufferfv(buffer: number, index: number, values: Iterable<number>, start: number = 0): void {
    const data = this.clearValues(buffer, Float32Array.from(values).subarray(start));
    if (data !== null) this.native.glClearBufferfv(buffer, index, data);
  }

  clearBufferiv(buffer: number, index: number, values: Iterable<number>, start: number = 0): void {
    const data = this.clearValues(buffer, Int32Array.from(values).subarray(start));
    if (data !== null) this.native.glClearBufferiv(buffer, index, data);
  }

  clearBufferuiv(buffer: number, index: number, values: Iterable<number>, start: number = 0): void {
    const data = this.clearValues(buffer, Uint32Array.from(values).subarray(start));
    if (data !== null) this.native.glClearBufferuiv(buffer, index, data);
  }

  clearBufferfi(buffer: number, index: number, depth: number, stencil: number): void {
    if (this.enter()) this.native.glClearBufferfi(buffer, index, depth, stencil);
  }

  private clearValues<Values extends ArrayBufferView & { length: number }>(
    buffer: number,
    values: Values,
  ): Values | null {
    if (!this.enter()) return null;
    if (values.length >= (buffer === GL.COLOR ? 4 : 1)) return values;
    this.fail(GL.INVALID_VALUE);
    return null;
  }

  invalidateFramebuffer(target: number, attachments: readonly number[]): void {
    if (!this.enter()) return;
    const onCanvas = this.framebufferAt(target) === null;
    const names = Uint32Array.from(attachments, (name) => (onCanvas && name === GL.COLOR ? COLOR_ATTACHMENT0 : name));
    this.native.glInvalidateFramebuffer(target, names.length, names);
  }

  blitFramebuffer(
    fromX0: number,
    fromY0: number,
    fromX1: number,
    fromY1: number,
    toX0: number,
    toY0: number,
    toX1: number,
    toY1: number,
    mask: number,
    filter: number,
  ): void {
    if (!this.enter()) return;
    this.native.glBlitFramebuffer(fromX0, fromY0, fromX1, fromY1, toX0, toY0, toX1, toY1, mask, filter);
  }
}
