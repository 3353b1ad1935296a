/**
 * A WebGL 2 context in a browser: an OffscreenCanvas first, which a worker has too, then a canvas of the document.
 * Hardware is asked for first; if the browser only offers software, that is taken and recorded. Follows WebGL 2,
 * section 2.1, and WebGL 1, section 5.15.4 (webglcontextcreationerror). Pure: touches the DOM only when called.
 */
import { argumentError } from '../../base/check-argument.ts';
import { ContextError } from '../../base/errors.ts';
import { ContextLife } from './context-life.ts';
import { describeRenderer, isSoftwareRenderer } from './renderer.ts';
import type { ContextSource } from './source.ts';

type AnyCanvas = OffscreenCanvas | HTMLCanvasElement;

export interface BrowserContextOptions {
  /** The canvas to ask. Left out: a new 1×1 one. */
  readonly canvas?: AnyCanvas;
}

const ATTRIBUTES: WebGLContextAttributes = {
  alpha: false,
  antialias: false,
  depth: false,
  stencil: false,
  premultipliedAlpha: false,
  preserveDrawingBuffer: true,
  powerPreference: 'high-performance',
};

/**
 * Opens a WebGL 2 context. `dispose` loses it, which is how a browser frees one.
 *
 * @throws ContextError E_GL_BROWSER_CLASS (the browser has no WebGL 2), E_GL_BROWSER_CANVAS (nothing to ask), or
 *   E_GL_BROWSER_REFUSED (it gave no context; the message holds its reason), E_GL_LOST (that of the canvas is lost);
 *   UsageError E_ARGUMENT for what is no canvas.
 */
export function openBrowserContext(options: BrowserContextOptions = {}): ContextSource {
  if (options.canvas !== undefined) checkCanvas(options.canvas);
  if (typeof WebGL2RenderingContext === 'undefined') throw classError();
  const canvases = options.canvas === undefined ? makeCanvases() : [options.canvas];
  const reasons: string[] = [];
  for (const software of [false, true]) {
    for (const canvas of canvases) {
      const gl = requestContext(canvas, software, reasons);
      if (gl !== null) return sourceOf(gl, software);
    }
  }
  throw canvases.length === 0 ? canvasError() : refusedError(reasons);
}

function checkCanvas(canvas: unknown): void {
  const { getContext, addEventListener } = (canvas ?? {}) as Partial<AnyCanvas>;
  if (typeof getContext === 'function' && typeof addEventListener === 'function') return;
  throw argumentError('open', 'canvas, an HTMLCanvasElement or OffscreenCanvas', canvas);
}

function makeCanvases(): AnyCanvas[] {
  const canvases: AnyCanvas[] = [];
  if (typeof OffscreenCanvas !== 'undefined') canvases.push(new OffscreenCanvas(1, 1));
  if (typeof document !== 'undefined') {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    canvases.push(canvas);
  }
  return canvases;
}

/** One attempt; a reason that the browser gives is added to `reasons`. */
function requestContext(canvas: AnyCanvas, software: boolean, reasons: string[]): WebGL2RenderingContext | null {
  const listen = (event: Event): void => {
    const message = (event as WebGLContextEvent).statusMessage;
    if (message && !reasons.includes(message)) reasons.push(message);
  };
  const attributes = { ...ATTRIBUTES, failIfMajorPerformanceCaveat: !software };
  canvas.addEventListener('webglcontextcreationerror', listen);
  try {
    return canvas.getContext('webgl2', attributes) as WebGL2RenderingContext | null;
  } catch (error) {
    reasons.push(String(error)); // it was handed to a worker
    return null;
  } finally {
    canvas.removeEventListener('webglcontextcreationerror', listen);
  }
}

function sourceOf(gl: WebGL2RenderingContext, softwareAllowed: boolean): ContextSource {
  const renderer = describeRenderer(gl);
  const life = new ContextLife(gl);
  life.check('openBrowserContext');
  return {
    gl,
    kind: 'browser',
    description: `${renderer}, ${String(gl.getParameter(gl.VERSION))}`,
    software: softwareAllowed || isSoftwareRenderer(renderer),
    dispose() {
      // One that was lost and given back is another's by now.
      if (!life.isOver) gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}

function classError(): ContextError {
  return new ContextError(
    'E_GL_BROWSER_CLASS',
    'openBrowserContext: WebGL 2 was wanted and this environment has no WebGL2RenderingContext. The browser is older' +
      ' than 2022, has WebGL turned off, or this is not a browser: update it, allow WebGL in its settings, or in Node' +
      ' use openNodeContext of dalle-gl/node.',
  );
}

function canvasError(): ContextError {
  return new ContextError(
    'E_GL_BROWSER_CANVAS',
    'openBrowserContext: there is neither an OffscreenCanvas nor a document here, so nothing can be asked for a' +
      ' context. This is probably a worker of an older browser: pass { canvas } made by transferControlToOffscreen on' +
      ' the page, or call it on the page.',
  );
}

function refusedError(reasons: readonly string[]): ContextError {
  const said = reasons.length === 0 ? 'it gave no reason' : `it said: ${reasons.join('; ')}`;
  return new ContextError(
    'E_GL_BROWSER_REFUSED',
    `openBrowserContext: the browser knows WebGL 2 but gave no context, neither on hardware nor in software (${said}).` +
      ' The driver is probably on its block list, hardware acceleration is off, or a canvas that was passed has' +
      ' another kind of context already: look at chrome://gpu or about:support, and pass a fresh canvas.',
  );
}
