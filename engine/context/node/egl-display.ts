/**
 * The places where an EGL library can make a context without a window: its devices (EGL_EXT_device_enumeration,
 * EGL_EXT_platform_device), Mesa's surfaceless platform, and the default display. Follows EGL 1.5 and those
 * extensions. A display belongs to the whole process, other libraries and threads included, so it is never terminated:
 * contexts are freed one by one, and the display goes with the process.
 */
import type { EglLibrary } from './egl-library.ts';

const EGL_EXTENSIONS = 0x3055;
const EGL_VENDOR = 0x3053;
const EGL_VERSION = 0x3054;
const EGL_DRM_DEVICE_FILE_EXT = 0x3233;
const EGL_PLATFORM_DEVICE_EXT = 0x313f;
const EGL_PLATFORM_SURFACELESS_MESA = 0x31dd;
const MAXIMUM_DEVICES = 64;

/** A place to ask for a context. `name` is what `--device` takes and `doctor` prints. */
export interface EglPlatform {
  readonly name: string;
  readonly kind: 'device' | 'surfaceless' | 'default';
  /** What EGL says of the device: true for a software rasteriser; undefined where it says nothing. */
  readonly software: boolean | undefined;
  /** The device's file, such as `/dev/dri/card0`, where EGL tells. */
  readonly file: string | undefined;
  /** The platform's display, or null where the library has none. */
  getDisplay(): bigint | null;
}

/** An initialised display. */
export interface EglDisplay {
  readonly handle: bigint;
  readonly version: string;
  readonly vendor: string;
  readonly extensions: ReadonlySet<string>;
}

/** Every device of the library in its own order (`egl:0` is the first), then surfaceless, then the default display. */
export function listPlatforms(library: EglLibrary): EglPlatform[] {
  const { egl } = library;
  const extensions = wordsOf(egl.eglQueryString(null, EGL_EXTENSIONS));
  const getPlatformDisplay = egl.eglGetPlatformDisplayEXT ?? egl.eglGetPlatformDisplay;
  const platforms: EglPlatform[] = [];
  if (getPlatformDisplay !== undefined && extensions.has('EGL_EXT_platform_device')) {
    platforms.push(
      ...listDevices(library, extensions, (device) => getPlatformDisplay(EGL_PLATFORM_DEVICE_EXT, device, null)),
    );
  }
  if (getPlatformDisplay !== undefined && extensions.has('EGL_MESA_platform_surfaceless')) {
    platforms.push(platformOf('surfaceless', () => getPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, null, null)));
  }
  platforms.push(platformOf('default', () => egl.eglGetDisplay(null)));
  return platforms;
}

const platformOf = (kind: 'surfaceless' | 'default', getDisplay: () => bigint | null): EglPlatform => ({
  name: kind,
  kind,
  software: undefined,
  file: undefined,
  getDisplay,
});

function listDevices(
  { egl }: EglLibrary,
  extensions: ReadonlySet<string>,
  getDisplay: (device: bigint) => bigint | null,
): EglPlatform[] {
  const enumerable = extensions.has('EGL_EXT_device_enumeration') || extensions.has('EGL_EXT_device_base');
  const count = new Int32Array(1);
  const devices = new BigUint64Array(MAXIMUM_DEVICES);
  if (!enumerable || egl.eglQueryDevicesEXT?.(MAXIMUM_DEVICES, devices, count) !== 1) return [];
  return Array.from(devices.subarray(0, count[0]), (device, index) => {
    const traits = wordsOf(egl.eglQueryDeviceStringEXT?.(device, EGL_EXTENSIONS) ?? null);
    const hasFile = traits.has('EGL_EXT_device_drm');
    return {
      name: `egl:${index}`,
      kind: 'device',
      software: traits.has('EGL_MESA_device_software'),
      file: (hasFile ? egl.eglQueryDeviceStringEXT?.(device, EGL_DRM_DEVICE_FILE_EXT) : undefined) ?? undefined,
      getDisplay: () => getDisplay(device),
    };
  });
}

/** Initialises the platform's display, or returns null with EGL's own reason left to `eglGetError`. */
export function openDisplay({ egl }: EglLibrary, platform: EglPlatform): EglDisplay | null {
  const handle = platform.getDisplay();
  if (handle === null || egl.eglInitialize(handle, null, null) === 0) return null;
  return {
    handle,
    version: egl.eglQueryString(handle, EGL_VERSION) ?? '',
    vendor: egl.eglQueryString(handle, EGL_VENDOR) ?? '',
    extensions: wordsOf(egl.eglQueryString(handle, EGL_EXTENSIONS)),
  };
}

/** The words of a list that EGL and OpenGL ES separate by spaces. */
export function wordsOf(list: string | null): ReadonlySet<string> {
  return new Set((list ?? '').split(' ').filter((word) => word !== ''));
}
