/**
 * Finds and binds a pair of libEGL and libGLESv2: the system's, or one named by path such as an ANGLE build. Loading
 * needs no compiler: koffi ships its own binary. Node only; everything here is synchronous.
 *
 * ANGLE by path was tried on Linux (the build in the npm package gl); on macOS and Windows it follows the same road
 * but has not been tried.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ContextError } from '../../../base/errors.ts';
import { OPTIONAL, REQUIRED, type GlesFunctions } from './gles-functions.ts';
import { parseSignature, type NativeFunctions, type NativeHandle } from './native-signature.ts';

type Koffi = typeof import('koffi');
type Library = ReturnType<Koffi['load']>;
type Binder = (name: string, signature: string) => unknown;

const EGL_FUNCTIONS = {
  eglBindAPI: 'uint (uint)',
  eglChooseConfig: 'uint (handle, pointer, pointer, int, pointer)',
  eglCreateContext: 'handle (handle, handle, handle, pointer)',
  eglCreatePbufferSurface: 'handle (handle, handle, pointer)',
  eglDestroyContext: 'uint (handle, handle)',
  eglDestroySurface: 'uint (handle, handle)',
  eglGetDisplay: 'handle (handle)',
  eglGetError: 'int ()',
  eglGetProcAddress: 'handle (string)',
  eglInitialize: 'uint (handle, pointer, pointer)',
  eglMakeCurrent: 'uint (handle, handle, handle, handle)',
  eglQueryString: 'string (handle, int)',
} as const;

/** Reached through eglGetProcAddress only; what is missing is not offered by this EGL. */
const EGL_EXTENSION_FUNCTIONS = {
  eglGetPlatformDisplay: 'handle (uint, handle, pointer)',
  eglGetPlatformDisplayEXT: 'handle (uint, handle, pointer)',
  eglQueryDevicesEXT: 'uint (int, pointer, pointer)',
  eglQueryDeviceStringEXT: 'string (handle, int)',
} as const;

type EglFunctions = NativeFunctions<typeof EGL_FUNCTIONS> & Partial<NativeFunctions<typeof EGL_EXTENSION_FUNCTIONS>>;

/** A loaded pair of libraries. `path` and `glesPath` are what the loader was given: a name or a full path. */
export interface EglLibrary {
  readonly path: string;
  readonly glesPath: string | undefined;
  readonly egl: EglFunctions;
  /** Bound on the first read: a context must exist before some drivers hand out their functions. */
  readonly gles: GlesFunctions;
  /** The memory behind a C pointer, as long as the library keeps it mapped. */
  viewMemory(address: bigint, byteLength: number): ArrayBuffer;
}

interface LibraryNames {
  readonly egl: readonly string[];
  readonly gles: readonly string[];
}

const NAMES: Readonly<Record<string, LibraryNames>> = {
  darwin: { egl: ['libEGL.dylib'], gles: ['libGLESv2.dylib'] },
  win32: { egl: ['libEGL.dll'], gles: ['libGLESv2.dll'] },
};
const UNIX_NAMES: LibraryNames = {
  egl: ['libEGL.so.1', 'libEGL.so'],
  gles: ['libGLESv2.so.2', 'libGLESv2.so'],
};

const loaded = new Map<string, EglLibrary>();

/**
 * Loads libEGL and libGLESv2. A second call with the same path returns the same pair.
 *
 * @param path full path of a libEGL; libGLESv2 is looked for beside it. Left out: the system's.
 * @throws ContextError E_GL_KOFFI, E_GL_LIBRARY (none on the system), E_GL_LIBRARY_PATH, E_GL_FUNCTION.
 */
export function loadEglLibrary(path?: string): EglLibrary {
  const key = path ?? '';
  const library = loaded.get(key) ?? openLibrary(path);
  loaded.set(key, library);
  return library;
}

function openLibrary(path: string | undefined): EglLibrary {
  const koffi = loadKoffi();
  const names = NAMES[process.platform] ?? UNIX_NAMES;
  const egl = loadFirst(koffi, path === undefined ? names.egl : [path]);
  if (egl.library === undefined) throw libraryError(path, egl.failures);
  const folder = path === undefined ? '' : dirname(path);
  const gles = loadFirst(koffi, path === undefined ? names.gles : names.gles.map((name) => join(folder, name)));
  const eglBinder = libraryBinder(egl.library);
  const functions = bindAll(EGL_FUNCTIONS, eglBinder, egl.name);
  const byAddress = addressBinder(koffi, functions.eglGetProcAddress);
  const glesBinder = gles.library === undefined ? byAddress : firstOf(libraryBinder(gles.library), byAddress);
  let bound: GlesFunctions | undefined;
  return {
    path: egl.name,
    glesPath: gles.library === undefined ? undefined : gles.name,
    egl: { ...functions, ...bindSome(EGL_EXTENSION_FUNCTIONS, byAddress) },
    get gles(): GlesFunctions {
      bound ??= { ...bindAll(REQUIRED, glesBinder, gles.name), ...bindSome(OPTIONAL, byAddress) };
      return bound;
    },
    viewMemory: (address, byteLength) => koffi.view(address, byteLength),
  };
}

function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi;
  } catch (cause) {
    throw new ContextError(
      'E_GL_KOFFI',
      `loadEglLibrary: koffi, the binding to system libraries, cannot load on ${process.platform}-${process.arch}` +
        ` (${firstLine(cause)}). Its binary is probably missing: run npm install without --omit=optional, or pass a` +
        ` WebGL 2 context of your own as { gl }.`,
      { cause },
    );
  }
}

function loadFirst(koffi: Koffi, names: readonly string[]): { name: string; library?: Library; failures: string[] } {
  const failures: string[] = [];
  for (const name of names) {
    try {
      return { name, library: koffi.load(name), failures };
    } catch (error) {
      failures.push(firstLine(error));
    }
  }
  return { name: names[0] ?? '', failures };
}

function libraryError(path: string | undefined, failures: readonly string[]): ContextError {
  const came = failures.join('; ');
  if (path !== undefined) {
    return new ContextError(
      'E_GL_LIBRARY_PATH',
      `loadEglLibrary: ${path} was named as the EGL library and cannot be loaded (${came}). Name the full path of a` +
        ` libEGL for ${process.platform}-${process.arch} that has its libGLESv2 beside it, or leave the path out to` +
        ` use the system's.`,
    );
  }
  const remedy =
    process.platform === 'linux'
      ? 'On Debian or Ubuntu type: apt-get install libegl1 libgles2 libgl1-mesa-dri.'
      : `This system brings none. ${ANGLE_REMEDY}`;
  return new ContextError('E_GL_LIBRARY', `loadEglLibrary: no EGL library was found (${came}). ${remedy}`);
}

/** The npm package gl carries ANGLE for macOS and Windows; on Linux its build passes our tests by path. */
const ANGLE_REMEDY =
  'Name an ANGLE build: npm install --ignore-scripts gl@9.0.0-rc.10 brings one, for --device' +
  ` egl:node_modules/gl/deps/${process.platform === 'win32' ? 'windows/dll/libEGL.dll' : 'darwin/dylib/libEGL.dylib'}` +
  ' (not tried on this system). Without --ignore-scripts that package also serves --device headless-gl.';

const libraryBinder =
  (library: Library): Binder =>
  (name, signature) => {
    const parsed = parseSignature(signature);
    try {
      return library.func(name, parsed.result, parsed.arguments);
    } catch {
      return undefined;
    }
  };

const addressBinder =
  (koffi: Koffi, getAddress: (name: string) => NativeHandle): Binder =>
  (name, signature) => {
    const address = getAddress(name);
    if (address === null) return undefined;
    const parsed = parseSignature(signature);
    return koffi.decode(address, koffi.proto(parsed.result, parsed.arguments));
  };

const firstOf =
  (first: Binder, second: Binder): Binder =>
  (name, signature) =>
    first(name, signature) ?? second(name, signature);

function bindSome<Table extends Readonly<Record<string, string>>>(
  table: Table,
  bind: Binder,
): Partial<NativeFunctions<Table>> {
  const bound = Object.entries(table).map(([name, signature]) => [name, bind(name, signature)] as const);
  const found = bound.filter(([, nativeFunction]) => nativeFunction !== undefined);
  return Object.fromEntries(found) as Partial<NativeFunctions<Table>>;
}

function bindAll<Table extends Readonly<Record<string, string>>>(
  table: Table,
  bind: Binder,
  libraryName: string,
): NativeFunctions<Table> {
  const bound = bindSome(table, bind);
  const missing = Object.keys(table).filter((name) => bound[name] === undefined);
  if (missing.length === 0) return bound as NativeFunctions<Table>;
  throw new ContextError(
    'E_GL_FUNCTION',
    `loadEglLibrary: ${libraryName} lacks ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', …' : ''}; OpenGL` +
      ` ES 3 needs ${missing.length === 1 ? 'it' : 'them'}. The library is probably too old or not an OpenGL ES` +
      ` library: install the system's Mesa drivers, or name another libEGL as --device egl:/path/to/libEGL.`,
  );
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n')[0]!;
