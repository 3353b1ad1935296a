/**
 * A context that the caller brings. It is taken for what it can do, not for what it says: headless-gl calls its
 * WebGL 2 contexts "WebGL 1.0". Pure: no Node, no DOM at run time.
 */
import { ContextError } from '../../base/errors.ts';
import { describeRenderer, isSoftwareRenderer } from './renderer.ts';
import type { ContextSource } from './source.ts';

/** Methods that only WebGL 2 has and the engine cannot do without. */
const WEBGL2_METHODS = [
  'texStorage3D',
  'framebufferTextureLayer',
  'drawBuffers',
  'clearBufferfv',
  'uniform1ui',
] as const;

/** Whether an object has the methods of a WebGL 2 context. */
export function hasWebGL2Methods(gl: object): gl is WebGL2RenderingContext {
  return missingMethods(gl).length === 0;
}

function missingMethods(gl: object): string[] {
  return WEBGL2_METHODS.filter((name) => typeof (gl as Record<string, unknown>)[name] !== 'function');
}

/**
 * Wraps a caller's context; disposing the source leaves the context alone, since it is the caller's.
 *
 * @throws ContextError E_GL_VERSION when it is no WebGL 2 context, E_GL_LOST when it is lost already.
 */
export function wrapContext(gl: WebGL2RenderingContext): ContextSource {
  const missing = gl === null || typeof gl !== 'object' ? ['everything'] : missingMethods(gl);
  if (missing.length > 0) {
    throw new ContextError(
      'E_GL_VERSION',
      `wrapContext: a WebGL 2 context was wanted and the one given lacks ${missing.join(', ')}. It is probably a WebGL` +
        ` 1 context: ask the canvas for "webgl2", or headless-gl 9 for { createWebGL2Context: true }.`,
    );
  }
  if (gl.isContextLost()) {
    throw new ContextError(
      'E_GL_LOST',
      'wrapContext: the context given is lost: the GPU was reset or the page opened too many contexts. Make a new one.',
    );
  }
  const description = describeRenderer(gl);
  const software = isSoftwareRenderer(description) ? true : undefined;
  return { gl, kind: 'caller', description, software, dispose: () => {} };
}
