/**
 * One OpenGL ES 3 context without a window. Asks for robust buffer access and reset notification and takes less
 * where they are not granted; needs no config where EGL_KHR_no_config_context is offered and no surface where
 * EGL_KHR_surfaceless_context is, else a 1×1 pbuffer. Follows EGL 1.5 and EGL_EXT_create_context_robustness.
 */
import { ContextError } from '../../../errors.ts';
import { openDisplay, wordsOf, type EglDisplay, type EglPlatform } from './egl-display.ts';
import type { EglLibrary } from './egl-library.ts';

const EGL_NONE = 0x3038;
const EGL_OPENGL_ES_API = 0x30a0;
const EGL_CONTEXT_MAJOR_VERSION = 0x3098;
const EGL_CONTEXT_MINOR_VERSION = 0x30fb;
const CORE_ROBUSTNESS = { access: 0x31b2, strategy: 0x31bd };
const EXT_ROBUSTNESS = { access: 0x30bf, strategy: 0x3138 };
const EGL_LOSE_CONTEXT_ON_RESET = 0x31bf;
const PBUFFER_CONFIG = [0x3033, 0x0001, 0x3040, 0x0040, 0x3024, 8, 0x3023, 8, 0x3022, 8, 0x3021, 8, EGL_NONE];
const PBUFFER_SIZE = [0x3057, 1, 0x3056, 1, EGL_NONE];

const GL_VENDOR = 0x1f00;
const GL_RENDERER = 0x1f01;
const GL_VERSION = 0x1f02;
const GL_EXTENSIONS = 0x1f03;

/** Names that software rasterisers give themselves in GL_RENDERER. */
const SOFTWARE_RENDERER = /llvmpipe|softpipe|swrast|swiftshader|software/i;

/** A context that can be made current, and what it says of itself. */
export interface EglContext {
  readonly library: EglLibrary;
  readonly platform: EglPlatform;
  readonly vendor: string;
  readonly renderer: string;
  readonly version: string;
  readonly extensions: ReadonlySet<string>;
  readonly software: boolean;
  readonly robust: boolean;
  /** Makes the context current on this thread; false when EGL refuses. */
  makeCurrent(): boolean;
  /** Frees the context with everything in it. Idempotent. */
  destroy(): void;
}

/**
 * Opens an ES 3 context on a platform and leaves it current.
 *
 * @throws ContextError E_GL_NONE when the platform gives no display or no ES 3 context; its message says which.
 */
export function openEglContext(library: EglLibrary, platform: EglPlatform): EglContext {
  const display = openDisplay(library, platform);
  if (display === null) throw refusal(library, platform, 'gives no display');
  try {
    return createOn(library, platform, display);
  } catch (error) {
    display.release();
    throw error;
  }
}

function createOn(library: EglLibrary, platform: EglPlatform, display: EglDisplay): EglContext {
  const { egl } = library;
  egl.eglBindAPI(EGL_OPENGL_ES_API);
  const needsConfig = !has(display, 'EGL_KHR_no_config_context', 'EGL_MESA_configless_context');
  const needsSurface = !has(display, 'EGL_KHR_surfaceless_context');
  const config = needsConfig || needsSurface ? chooseConfig(library, display) : null;
  if (config === null && (needsConfig || needsSurface)) throw refusal(library, platform, 'offers no ES 3 config');
  const { handle, robust } = createContext(library, display, config);
  if (handle === null) throw refusal(library, platform, 'grants no OpenGL ES 3 context');
  const surface = needsSurface
    ? egl.eglCreatePbufferSurface(display.handle, config, new Int32Array(PBUFFER_SIZE))
    : null;
  const destroy = once(() => {
    egl.eglMakeCurrent(display.handle, null, null, null);
    egl.eglDestroyContext(display.handle, handle);
    if (surface !== null) egl.eglDestroySurface(display.handle, surface);
    display.release();
  });
  const makeCurrent = (): boolean => egl.eglMakeCurrent(display.handle, surface, surface, handle) !== 0;
  if (!makeCurrent()) {
    egl.eglDestroyContext(display.handle, handle);
    throw refusal(library, platform, 'grants a context that cannot be made current');
  }
  return { library, platform, robust, makeCurrent, destroy, ...describe(library, platform) };
}

type Description = Pick<EglContext, 'vendor' | 'renderer' | 'version' | 'extensions' | 'software'>;

function describe({ gles }: EglLibrary, platform: EglPlatform): Description {
  const read = (name: number): string => gles.glGetString(name) ?? '';
  const renderer = read(GL_RENDERER);
  return {
    vendor: read(GL_VENDOR),
    renderer,
    version: read(GL_VERSION),
    extensions: wordsOf(read(GL_EXTENSIONS)),
    software: platform.software === true || SOFTWARE_RENDERER.test(renderer),
  };
}

const has = (display: EglDisplay, ...names: string[]): boolean => names.some((name) => display.extensions.has(name));

function chooseConfig({ egl }: EglLibrary, display: EglDisplay): bigint | null {
  const config = new BigUint64Array(1);
  const count = new Int32Array(1);
  const chosen = egl.eglChooseConfig(display.handle, new Int32Array(PBUFFER_CONFIG), config, 1, count);
  return chosen !== 0 && count[0] === 1 ? config[0]! : null;
}

/** Tries the robust context first: it makes out-of-range reads defined and tells of GPU resets. */
function createContext(
  { egl }: EglLibrary,
  display: EglDisplay,
  config: bigint | null,
): { handle: bigint | null; robust: boolean } {
  const version = [EGL_CONTEXT_MAJOR_VERSION, 3, EGL_CONTEXT_MINOR_VERSION, 0];
  const robustness = display.version.startsWith('1.5')
    ? CORE_ROBUSTNESS
    : has(display, 'EGL_EXT_create_context_robustness')
      ? EXT_ROBUSTNESS
      : null;
  const create = (attributes: readonly number[]): bigint | null =>
    egl.eglCreateContext(display.handle, config, null, new Int32Array([...attributes, EGL_NONE]));
  if (robustness !== null) {
    const notify = [robustness.access, 1, robustness.strategy, EGL_LOSE_CONTEXT_ON_RESET];
    const handle = create([...version, ...notify]) ?? create([...version, robustness.access, 1]);
    if (handle !== null) return { handle, robust: true };
  }
  return { handle: create(version), robust: false };
}

function refusal({ egl, path }: EglLibrary, platform: EglPlatform, what: string): ContextError {
  const code = `0x${egl.eglGetError().toString(16)}`;
  return new ContextError(
    'E_GL_NONE',
    `openEglContext: ${platform.name} of ${path} ${what} (EGL error ${code}). The driver is probably missing or may` +
      ` not be used by this account: install libgl1-mesa-dri, join the groups video and render, or choose another` +
      ` device; dalle-gl doctor lists them.`,
  );
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
