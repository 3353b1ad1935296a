/**
 * Chooses among the places where EGL can make a context: hardware devices first, then whatever the surfaceless and
 * default platforms give if that is hardware, and a software rasteriser only when nothing else is there. Synchronous.
 */
import { ContextError } from '../../../errors.ts';
import type { ContextSource } from '../source.ts';
import { openEglContext, type EglContext } from './egl-context.ts';
import { listPlatforms, type EglPlatform } from './egl-display.ts';
import { loadEglLibrary, type EglLibrary } from './egl-library.ts';
import { createWebGL2, type DisposableWebGL2 } from './webgl/webgl2.ts';

export interface EglOptions {
  /** Full path of a libEGL to use instead of the system's; libGLESv2 is looked for beside it. */
  readonly path?: string;
  /** Index of an EGL device, in EGL's order. Left out: the best one. */
  readonly device?: number;
}

/** A ContextSource whose context is ours to free. */
export type EglSource = ContextSource & { readonly gl: DisposableWebGL2; readonly platform: string };

/**
 * Opens a WebGL 2 context on system EGL, with no display and no compiler.
 *
 * @throws ContextError with one of E_GL_KOFFI, E_GL_LIBRARY, E_GL_LIBRARY_PATH, E_GL_FUNCTION, E_GL_DEVICE_INDEX,
 *   E_GL_NONE, E_GL_FLOAT.
 */
export function openEgl(options: EglOptions = {}): EglSource {
  const library = loadEglLibrary(options.path);
  const context = options.device === undefined ? openBest(library) : openDevice(library, options.device);
  if (!context.extensions.has('GL_EXT_color_buffer_float')) {
    context.destroy();
    throw floatError(context);
  }
  const gl = createWebGL2(context);
  return {
    gl,
    kind: 'egl',
    platform: context.platform.name,
    description: `${context.renderer}, ${context.version}, EGL ${context.platform.name}`,
    software: context.software,
    dispose: () => gl.dispose(),
  };
}

/** The order of trying. Devices known to be software come last. */
export function rankPlatforms(platforms: readonly EglPlatform[]): EglPlatform[] {
  const rank = (platform: EglPlatform): number => {
    if (platform.kind === 'device') return platform.software === true ? 3 : 0;
    return platform.kind === 'surfaceless' ? 1 : 2;
  };
  return [...platforms].sort((a, b) => rank(a) - rank(b));
}

/** The first hardware context in order, else the first software one. */
function openBest(library: EglLibrary): EglContext {
  const failures: string[] = [];
  let software: EglContext | null = null;
  for (const platform of rankPlatforms(listPlatforms(library))) {
    if (software !== null && (platform.software === true || !mayBeHardware(platform))) continue;
    try {
      const context = openEglContext(library, platform);
      if (!context.software) {
        software?.destroy();
        context.makeCurrent();
        return context;
      }
      if (software === null) software = context;
      else context.destroy();
    } catch (error) {
      if (!(error instanceof ContextError)) throw error;
      failures.push(error.message);
    }
  }
  if (software === null) throw noneError(library, failures);
  software.makeCurrent();
  return software;
}

/** The default display is another device than the surfaceless one only where a window system runs. */
const mayBeHardware = ({ kind }: EglPlatform): boolean =>
  kind !== 'default' || process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined;

function openDevice(library: EglLibrary, index: number): EglContext {
  const devices = listPlatforms(library).filter(({ kind }) => kind === 'device');
  const device = devices[index];
  if (device !== undefined) return openEglContext(library, device);
  const count = devices.length === 1 ? '1 device, egl:0' : `${devices.length} devices`;
  throw new ContextError(
    'E_GL_DEVICE_INDEX',
    `openEgl: EGL device ${index} was wanted and ${library.path} lists ${count}. Count from 0; dalle-gl doctor prints` +
      ` the devices with their numbers, and --device egl chooses the best one by itself.`,
  );
}

function noneError(library: EglLibrary, failures: readonly string[]): ContextError {
  return new ContextError(
    'E_GL_NONE',
    `openEgl: ${library.path} was found but nothing in it gives an OpenGL ES 3 context. ${failures.join(' ')}`,
  );
}

function floatError({ renderer, platform }: EglContext): ContextError {
  return new ContextError(
    'E_GL_FLOAT',
    `openEgl: ${renderer} on ${platform.name} cannot draw to 32-bit float textures (no EXT_color_buffer_float), which` +
      ` every computation here does. Update the driver or choose another device; dalle-gl doctor lists them, and` +
      ` Mesa's llvmpipe (apt-get install libgl1-mesa-dri) can.`,
  );
}
