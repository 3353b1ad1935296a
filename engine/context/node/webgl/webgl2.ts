/**
 * The facade as others see it: the part of `WebGL2RenderingContext` that a tensor engine and TensorFlow.js use, on an
 * OpenGL ES 3 context without a window. Each file of this folder is one chapter of the WebGL 2 specification, and the
 * classes extend one another in its order, so that every method is one native call away from the driver. Missing on
 * purpose: transform feedback, uniform buffers, sampler objects, renderbuffers, compressed textures, and all that
 * needs a DOM.
 */
import type { EglContext } from '../egl-context.ts';
import { GL } from './constants.ts';
import { Parameters } from './parameters.ts';

/** A WebGL 2 context that can be freed. Calls after `dispose` do nothing. */
export type DisposableWebGL2 = WebGL2RenderingContext & Disposable & { dispose(): void };

class WebGL2Facade extends Parameters {
  readonly canvas: { readonly width: 1; readonly height: 1 } = Object.freeze({ width: 1, height: 1 });
  readonly drawingBufferWidth = 1;
  readonly drawingBufferHeight = 1;
  readonly drawingBufferColorSpace = 'srgb';

  getContextAttributes(): WebGLContextAttributes | null {
    if (!this.enter()) return null;
    return {
      alpha: true,
      antialias: false,
      depth: false,
      desynchronized: false,
      failIfMajorPerformanceCaveat: false,
      powerPreference: 'default',
      premultipliedAlpha: true,
      preserveDrawingBuffer: true,
      stencil: false,
    };
  }
}
Object.assign(WebGL2Facade.prototype, GL);

/** Wider in WebGL: canvas and pixels may be things of the DOM there, and getExtension has a type for each name. */
type Wider = 'canvas' | 'getExtension' | 'texImage2D' | 'texImage3D' | 'texSubImage2D' | 'texSubImage3D';

/** What the facade offers of WebGL 2, in WebGL's own types: a method that differs from them does not compile. */
type Offered = Pick<WebGL2RenderingContext, Exclude<keyof WebGL2Facade & keyof WebGL2RenderingContext, Wider>>;

/** Wraps a context that is current. The one place where the facade is declared to be a WebGL2RenderingContext. */
export function createWebGL2(egl: EglContext): DisposableWebGL2 {
  const facade: Offered = new WebGL2Facade(egl);
  return facade as DisposableWebGL2;
}
