/**
 * The fixed-function state around a draw: capabilities, viewport, scissor, blending, masks, culling. Only what the
 * facade itself must undo for a moment (scissor test, rasteriser discard, color mask) is remembered here; all else
 * lives in the driver. Follows WebGL 1, section 5.14.3 and WebGL 2, section 3.7.2.
 */
import { GL } from './constants.ts';
import { ContextCore } from './context-core.ts';

const CAPABILITIES: ReadonlySet<number> = new Set([
  GL.BLEND,
  GL.CULL_FACE,
  GL.DEPTH_TEST,
  GL.DITHER,
  GL.POLYGON_OFFSET_FILL,
  GL.RASTERIZER_DISCARD,
  GL.SAMPLE_ALPHA_TO_COVERAGE,
  GL.SAMPLE_COVERAGE,
  GL.SCISSOR_TEST,
  GL.STENCIL_TEST,
]);

export class FixedFunction extends ContextCore {
  protected scissorTest = false;
  protected rasterizerDiscard = false;
  protected readonly writeMask: [boolean, boolean, boolean, boolean] = [true, true, true, true];

  enable(capability: number): void {
    this.setCapability(capability, true);
  }

  disable(capability: number): void {
    this.setCapability(capability, false);
  }

  private setCapability(capability: number, on: boolean): void {
    if (!this.enter()) return;
    if (!CAPABILITIES.has(capability)) return this.fail(GL.INVALID_ENUM);
    if (capability === GL.SCISSOR_TEST) this.scissorTest = on;
    if (capability === GL.RASTERIZER_DISCARD) this.rasterizerDiscard = on;
    if (on) this.native.glEnable(capability);
    else this.native.glDisable(capability);
  }

  isEnabled(capability: number): boolean {
    if (!this.enter()) return false;
    if (CAPABILITIES.has(capability)) return this.native.glIsEnabled(capability) !== 0;
    this.fail(GL.INVALID_ENUM);
    return false;
  }

  viewport(x: number, y: number, width: number, height: number): void {
    if (this.enter()) this.native.glViewport(x, y, width, height);
  }

  scissor(x: number, y: number, width: number, height: number): void {
    if (this.enter()) this.native.glScissor(x, y, width, height);
  }

  blendColor(red: number, green: number, blue: number, alpha: number): void {
    if (this.enter()) this.native.glBlendColor(red, green, blue, alpha);
  }

  blendEquation(mode: number): void {
    if (this.enter()) this.native.glBlendEquation(mode);
  }

  blendEquationSeparate(modeRgb: number, modeAlpha: number): void {
    if (this.enter()) this.native.glBlendEquationSeparate(modeRgb, modeAlpha);
  }

  blendFunc(source: number, destination: number): void {
    if (this.enter()) this.native.glBlendFunc(source, destination);
  }

  blendFuncSeparate(sourceRgb: number, destinationRgb: number, sourceAlpha: number, destinationAlpha: number): void {
    if (this.enter()) this.native.glBlendFuncSeparate(sourceRgb, destinationRgb, sourceAlpha, destinationAlpha);
  }

  colorMask(red: boolean, green: boolean, blue: boolean, alpha: boolean): void {
    if (!this.enter()) return;
    this.writeMask.splice(0, 4, red, green, blue, alpha);
    this.applyWriteMask();
  }

  protected applyWriteMask(): void {
    const [red, green, blue, alpha] = this.writeMask;
    this.native.glColorMask(Number(red), Number(green), Number(blue), Number(alpha));
  }

  depthMask(on: boolean): void {
    if (this.enter()) this.native.glDepthMask(Number(on));
  }

  depthFunc(comparison: number): void {
    if (this.enter()) this.native.glDepthFunc(comparison);
  }

  depthRange(near: number, far: number): void {
    if (!this.enter()) return;
    if (near > far) return this.fail(GL.INVALID_OPERATION);
    this.native.glDepthRangef(near, far);
  }

  cullFace(mode: number): void {
    if (this.enter()) this.native.glCullFace(mode);
  }

  frontFace(mode: number): void {
    if (this.enter()) this.native.glFrontFace(mode);
  }

  lineWidth(width: number): void {
    if (this.enter()) this.native.glLineWidth(width);
  }

  polygonOffset(factor: number, units: number): void {
    if (this.enter()) this.native.glPolygonOffset(factor, units);
  }

  sampleCoverage(value: number, invert: boolean): void {
    if (this.enter()) this.native.glSampleCoverage(value, Number(invert));
  }

  stencilFunc(comparison: number, reference: number, mask: number): void {
    if (this.enter()) this.native.glStencilFunc(comparison, reference, mask);
  }

  stencilMask(mask: number): void {
    if (this.enter()) this.native.glStencilMask(mask);
  }

  stencilOp(fail: number, depthFail: number, pass: number): void {
    if (this.enter()) this.native.glStencilOp(fail, depthFail, pass);
  }

  hint(target: number, mode: number): void {
    if (this.enter()) this.native.glHint(target, mode);
  }

  flush(): void {
    if (this.enter()) this.native.glFlush();
  }

  finish(): void {
    if (this.enter()) this.native.glFinish();
  }
}
