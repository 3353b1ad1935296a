/**
 * The ground of the facade: which context is current, whether it is lost, and the queue of errors. Every method of
 * the chapters above starts with `enter()`, one comparison in the common case. Follows WebGL 1, section 5.14.3
 * (getError) and 5.2, 5.15 (lost contexts).
 */
import { current, type EglContext } from '../egl-context.ts';
import type { GlesFunctions } from '../gles-functions.ts';
import { GL } from './constants.ts';
import { ContextObject } from './objects.ts';

/** What OpenGL ES 3.2 reports once after a reset; WebGL has its own number for it. */
const CONTEXT_LOST = 0x0507;

export class ContextCore {
  protected readonly native: GlesFunctions;
  protected readonly egl: EglContext;
  /** True for whatever the next draw must check again: bindings, attachments, sampler units, attributes. */
  protected drawStateChanged = true;
  /** Whether loss was already reported through getError. */
  private lossReported = true;
  private lost = false;
  private readonly errors: number[] = [];
  private readonly resetStatus: () => number;

  /** Takes over a context that is current. */
  constructor(egl: EglContext) {
    this.egl = egl;
    this.native = egl.library.gles;
    this.resetStatus = chooseResetStatus(egl);
  }

  /** Makes this context the current one. False when it is lost or disposed: the caller then does nothing. */
  protected enter(): boolean {
    return current === this.egl || this.activate();
  }

  private activate(): boolean {
    if (this.lost) return false;
    if (!this.egl.makeCurrent()) this.lose();
    return !this.lost;
  }

  /** Enters the lost state: later calls do nothing. */
  protected lose(): void {
    this.egl.leave();
    this.lost = true;
    this.lossReported = false;
    this.errors.length = 0;
  }

  /** Frees the context with all its objects. Calls on it do nothing from then on. Idempotent. */
  dispose(): void {
    this.lost = true;
    this.egl.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  isContextLost(): boolean {
    if (!this.enter()) return true;
    if (this.resetStatus() !== GL.NO_ERROR) this.lose();
    return this.lost;
  }

  /** The oldest error not yet reported, each kind once. */
  getError(): number {
    if (this.enter()) this.collectErrors();
    return this.lost ? this.reportLoss() : (this.errors.shift() ?? GL.NO_ERROR);
  }

  private reportLoss(): number {
    if (this.lossReported) return GL.NO_ERROR;
    this.lossReported = true;
    return GL.CONTEXT_LOST_WEBGL;
  }

  /** Records an error of the facade's own, after those that the driver holds already. */
  protected fail(error: number): void {
    if (!this.enter()) return;
    this.collectErrors();
    if (!this.errors.includes(error)) this.errors.push(error);
  }

  /** Moves the driver's errors into the queue; returns the last of them, or NO_ERROR. */
  protected collectErrors(): number {
    let last: number = GL.NO_ERROR;
    for (let error = this.native.glGetError(); error !== GL.NO_ERROR; error = this.native.glGetError()) {
      if (error === CONTEXT_LOST) {
        this.lose();
        return error;
      }
      if (!this.errors.includes(error)) this.errors.push(error);
      last = error;
    }
    return last;
  }

  /** Whether an object may be used here: INVALID_OPERATION for one of another context or a deleted one. */
  protected accepts(object: ContextObject): boolean {
    if (object.owner === this && !object.deleted) return true;
    if (!(object instanceof ContextObject)) throw new TypeError('WebGL: the argument is not an object of a context.');
    this.fail(GL.INVALID_OPERATION);
    return false;
  }

  /** The name to pass for an optional object: 0 for null, -1 when it is refused. */
  protected nameOf(object: ContextObject | null | undefined): number {
    if (object === null || object === undefined) return 0;
    return this.accepts(object) ? object.id : -1;
  }

  /** Makes one name with a glGen function. */
  protected generate(generator: (count: number, names: Uint32Array) => void): number {
    const names = new Uint32Array(1);
    generator(1, names);
    return names[0]!;
  }

  /** Whether `object` is a live one of this context, and marks it deleted. */
  protected retire(object: ContextObject | null | undefined): boolean {
    if (!object || object.deleted) return false;
    if (object.owner !== this) {
      this.fail(GL.INVALID_OPERATION);
      return false;
    }
    object.deleted = true;
    return true;
  }

  protected isLive(object: ContextObject | null | undefined): boolean {
    return !!object && object.owner === this && !object.deleted && this.enter();
  }
}

/** The function that tells of a GPU reset, under the name this context has it; without one nothing is known. */
function chooseResetStatus({ robust, version, extensions, library: { gles } }: EglContext): () => number {
  const none = (): number => GL.NO_ERROR;
  if (!robust) return none;
  if (extensions.has('GL_KHR_robustness')) return gles.glGetGraphicsResetStatusKHR ?? none;
  if (extensions.has('GL_EXT_robustness')) return gles.glGetGraphicsResetStatusEXT ?? none;
  return (version.includes('ES 3.2') ? gles.glGetGraphicsResetStatus : undefined) ?? none;
}
