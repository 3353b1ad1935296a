/**
 * The npm package `gl` (headless-gl) as a source of contexts: an optional peer for systems without EGL. Only its
 * release candidates of 9.0.0 make WebGL 2 contexts, and on Linux they need an X display. It calls its context
 * "WebGL 1.0" whatever it is, so the methods are asked, never the version.
 */
import { ContextError } from '../../../base/errors.ts';
import { hasWebGL2Methods } from '../caller.ts';
import type { ContextSource } from '../source.ts';

const WANTED = 'gl@9.0.0-rc.10';

/** What the package exports: makes a context, or null where the system refuses one. */
type CreateGl = (width: number, height: number, options: object) => WebGL2RenderingContext | null;

/**
 * Opens a headless-gl context of 1×1 pixels.
 *
 * @param load brings the package; the installed one if left out.
 * @throws ContextError E_GL_HEADLESS_MISSING, E_GL_HEADLESS_DISPLAY or E_GL_HEADLESS_VERSION.
 */
export async function openHeadlessGl(load: () => Promise<CreateGl> = importGl): Promise<ContextSource> {
  const create = await load();
  const gl = create(1, 1, { createWebGL2Context: true, antialias: false, depth: false });
  if (gl === null) throw displayError();
  const destroy = (): void => {
    (gl.getExtension('STACKGL_destroy_context') as { destroy(): void } | null)?.destroy();
  };
  if (!hasWebGL2Methods(gl)) {
    destroy();
    throw versionError();
  }
  const description = `headless-gl, ${String(gl.getParameter(gl.RENDERER))}`;
  return { gl, kind: 'headless-gl', description, software: undefined, dispose: destroy };
}

/** The installed package. Its name is no literal, since a compiler would look for its types. */
async function importGl(): Promise<CreateGl> {
  const packageName: string = 'gl';
  try {
    const module = (await import(packageName)) as { default: CreateGl };
    return module.default;
  } catch (cause) {
    const reason = String(cause instanceof Error ? cause.message : cause).split('\n')[0];
    throw new ContextError(
      'E_GL_HEADLESS_MISSING',
      `openHeadlessGl: the package gl cannot be loaded (${reason}). It is optional and not installed with dalle-gl:` +
        ` type npm install ${WANTED}, or use --device egl, which needs no such package on Linux.`,
      { cause },
    );
  }
}

function displayError(): ContextError {
  const display = process.env['DISPLAY'];
  const came = display === undefined ? 'DISPLAY is not set' : `DISPLAY is ${display}`;
  return new ContextError(
    'E_GL_HEADLESS_DISPLAY',
    `openHeadlessGl: headless-gl gave no context (${came}). On Linux it needs an X display: run the command under` +
      ` xvfb-run -a (apt-get install xvfb), or use --device egl, which needs none.`,
  );
}

function versionError(): ContextError {
  return new ContextError(
    'E_GL_HEADLESS_VERSION',
    `openHeadlessGl: the installed headless-gl makes WebGL 1 contexts only, as version 8 and older do, and WebGL 2 was` +
      ` wanted. Type npm install ${WANTED}.`,
  );
}
