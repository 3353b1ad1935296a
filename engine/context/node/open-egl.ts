/**
 * Chooses among the places where EGL can make a context: hardware devices first, then whatever the surfaceless and
 * default platforms give if that is hardware, and a software rasteriser only when nothing else is there. Synchronous.
 */
import { ContextError } from '../../../base/errors.ts';
import type { ContextSource } from '../source.ts';
import { EglContext, tryEglContext, type Refusal } from './egl-context.ts';
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
type EglSource = ContextSource & { readonly gl: DisposableWebGL2; readonly platform: string };

/**
 * Opens a WebGL 2 context on system EGL, with no display and no compiler.
 *
 * @throws ContextError with one of E_GL_KOFFI, E_GL_LIBRARY, E_GL_LIBRARY_PATH, E_GL_FUNCTION, E_GL_DEVICE_INDEX,
 *   E_GL_NONE, E_GL_FLOAT.
 */
export function openEgl(options: EglOptions = {}): EglSource {
  const library = loadEglLibrary(options.path);
  const context = options.device === undefined ? openBest(library) : openDevice(library, options.device);
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
  const refusals: Refusal[] = [];
  let software: EglContext | null = null;
  for (const platform of rankPlatforms(listPlatforms(library))) {
    if (software !== null && !mayBeHardware(platform)) continue;
    const context = tryEglContext(library, platform);
    if (!(context instanceof EglContext)) {
      refusals.push(context);
    } else if (!context.software) {
      software?.destroy();
      context.makeCurrent();
      return context;
    } else if (software === null) {
      software = context;
    } else {
      context.destroy();
    }
  }
  if (software === null) throw refusalError(library, refusals);
  software.makeCurrent();
  return software;
}

/** The default display is another device than the surfaceless one only where a window system runs. */
function mayBeHardware({ kind, software }: EglPlatform): boolean {
  if (kind !== 'default') return software !== true;
  return process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined;
}

function openDevice(library: EglLibrary, index: number): EglContext {
  const devices = listPlatforms(library).filter(({ kind }) => kind === 'device');
  const device = devices[index];
  if (device === undefined) throw indexError(library, index, devices.length);
  const context = tryEglContext(library, device);
  if (context instanceof EglContext) return context;
  throw refusalError(library, [context]);
}

function indexError({ path }: EglLibrary, index: number, count: number): ContextError {
  const listed = count === 1 ? '1 device, egl:0' : `${count} devices`;
  return new ContextError(
    'E_GL_DEVICE_INDEX',
    `openEgl: EGL device ${index} was wanted and ${path} lists ${listed}. Count from 0; dalle-gl doctor prints the` +
      ` devices with their numbers, and --device egl chooses the best one by itself.`,
  );
}

const REMEDIES: Readonly<Record<Refusal['code'], string>> = {
  E_GL_NONE:
    'The driver is probably missing or may not be used by this account: install it (apt-get install libgl1-mesa-dri' +
    ' is the one in software), join the groups video and render, or choose another device; dalle-gl doctor lists them.',
  E_GL_FLOAT:
    'Every computation here draws to such textures (EXT_color_buffer_float). Update the driver or choose another' +
    " device; dalle-gl doctor lists them, and Mesa's llvmpipe (apt-get install libgl1-mesa-dri) can.",
};

function refusalError({ path }: EglLibrary, refusals: readonly Refusal[]): ContextError {
  const code = refusals.find((refusal) => refusal.code === 'E_GL_FLOAT')?.code ?? 'E_GL_NONE';
  const reasons = refusals.map(({ reason }) => reason).join('; ');
  return new ContextError(
    code,
    `openEgl: ${path} was loaded but gives no OpenGL ES 3 context that can be used: ${reasons}. ${REMEDIES[code]}`,
  );
}
