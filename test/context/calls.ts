/**
 * One list of WebGL 2 calls with what the specification says must be seen. The list is a pure function of a context:
 * the same one runs on EGL, on headless-gl and in a browser, and tests compare what each saw with `expected`.
 */
import { drawingCalls } from './calls-drawing.ts';
import { refusedCalls } from './calls-refused.ts';
import { storageCalls } from './calls-storage.ts';
import type { ContextCall, Observation } from './scene.ts';

export const contextCalls: readonly ContextCall[] = [...drawingCalls, ...storageCalls, ...refusedCalls];

/** Runs one call from a clean start: nothing bound, no error pending. An exception is an observation too. */
export async function observeCall(gl: WebGL2RenderingContext, call: ContextCall): Promise<Observation> {
  gl.getExtension('EXT_color_buffer_float');
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  while (gl.getError() !== gl.NO_ERROR);
  try {
    return await call.run(gl);
  } catch (error) {
    return `threw ${error instanceof Error ? error.message : String(error)}`;
  }
}
