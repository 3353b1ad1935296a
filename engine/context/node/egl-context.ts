/**
 * One OpenGL ES 3 context without a window. Asks for robust buffer access and reset notification and takes less
 * where they are not granted; needs no config where EGL_KHR_no_config_context is offered and no surface where
 * EGL_KHR_surfaceless_context is, else a 1×1 pbuffer. Follows EGL 1.5 and EGL_EXT_create_context_robustness.
 */
import { isSoftwareRenderer } from '../renderer.ts';
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

/** The context that is current on this thread, or null when none is or it may not be used any more. */
export let current: EglContext | null = null;

const setCurrent = (context: EglContext | null): void => {
  current = context;
};

/** What EGL granted: the context and, where it needs one, its 1×1 surface. */
interface Grant {
  readonly library: EglLibrary;
  readonly display: EglDisplay;
  readonly handle: bigint;
  readonly surface: bigint | null;
  readonly robust: boolean;
}

/** A context that can be made current, and what it says of itself once it was. */
export class EglContext {
  readonly library: EglLibrary;
  readonly platform: EglPlatform;
  readonly robust: boolean;
  vendor = '';
  renderer = '';
  version = '';
  extensions: ReadonlySet<string> = new Set();
  software = false;
  private readonly grant: Grant;
  private destroyed = false;

  constructor(platform: EglPlatform, grant: Grant) {
    this.library = grant.library;
    this.platform = platform;
    this.robust = grant.robust;
    this.grant = grant;
  }

  /** Makes the context current on this thread; false when EGL refuses or it is destroyed. */
  makeCurrent(): boolean {
    const { library, display, surface, handle } = this.grant;
    if (this.destroyed || library.egl.eglMakeCurrent(display.handle, surface, surface, handle) === 0) return false;
    setCurrent(this);
    return true;
  }

  /** Reads what the driver says of itself. The context must be current. */
  describe(): void {
    const read = (name: number): string => this.library.gles.glGetString(name) ?? '';
    this.vendor = read(GL_VENDOR);
    this.renderer = read(GL_RENDERER);
    this.version = read(GL_VERSION);
    this.extensions = wordsOf(read(GL_EXTENSIONS));
    this.software = this.platform.software === true || isSoftwareRenderer(this.renderer);
  }

  /** Makes sure that no call reaches this context before it is made current again. */
  leave(): void {
    if (current === this) setCurrent(null);
  }

  /** Frees the context with everything in it. Idempotent. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    const { library, display, surface, handle } = this.grant;
    setCurrent(null);
    library.egl.eglMakeCurrent(display.handle, null, null, null);
    library.egl.eglDestroyContext(display.handle, handle);
    if (surface !== null) library.egl.eglDestroySurface(display.handle, surface);
  }
}

/** Why a platform gives no context that can be used; `code` is that of the error to throw if nothing else does. */
export interface Refusal {
  readonly code: 'E_GL_NONE' | 'E_GL_FLOAT';
  readonly reason: string;
}

/** Opens an ES 3 context that can draw to float textures and leaves it current, or says why there is none. */
export function tryEglContext(library: EglLibrary, platform: EglPlatform): EglContext | Refusal {
  const display = openDisplay(library, platform);
  if (display === null) return refuse(library, platform, 'gives no display');
  const grant = grantOn(library, display);
  if (grant === null) return refuse(library, platform, 'grants no OpenGL ES 3 context');
  const context = new EglContext(platform, grant);
  if (!context.makeCurrent()) {
    const refusal = refuse(library, platform, 'grants a context that cannot be made current');
    context.destroy();
    return refusal;
  }
  context.describe();
  if (context.extensions.has('GL_EXT_color_buffer_float')) return context;
  context.destroy();
  const reason = `${context.renderer} on ${platform.name} cannot draw to 32-bit float textures`;
  return { code: 'E_GL_FLOAT', reason };
}

function refuse({ egl }: EglLibrary, { name }: EglPlatform, what: string): Refusal {
  return { code: 'E_GL_NONE', reason: `${name} ${what} (EGL error 0x${egl.eglGetError().toString(16)})` };
}

function grantOn(library: EglLibrary, display: EglDisplay): Grant | null {
  const { egl } = library;
  egl.eglBindAPI(EGL_OPENGL_ES_API);
  const needsConfig = !has(display, 'EGL_KHR_no_config_context', 'EGL_MESA_configless_context');
  const needsSurface = !has(display, 'EGL_KHR_surfaceless_context');
  const config = needsConfig || needsSurface ? chooseConfig(library, display) : null;
  const { handle, robust } = createContext(library, display, config);
  if (handle === null) return null;
  const size = new Int32Array(PBUFFER_SIZE);
  const surface = needsSurface ? egl.eglCreatePbufferSurface(display.handle, config, size) : null;
  return { library, display, handle, surface, robust };
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
