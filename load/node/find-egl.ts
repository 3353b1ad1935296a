/**
 * Whether the loader would find an EGL library, by looking at files alone: where there is none, nothing of EGL need be
 * loaded to know it. And all that can be seen of a machine's graphics without loading it, so that what was found out
 * once holds until something of it changes.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { readPackageVersion } from '../../base/node/package-files.ts';

/** What is asked. */
interface System {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file, its bytes as letters; empty where there is none. */
  read(path: string): string;
  exists(path: string): boolean;
}

const thisSystem: System = { platform: process.platform, env: process.env, read: readText, exists: fileExists };

/** What the loader of dynamic libraries looks for. */
const names = ['libEGL.so.1', 'libEGL.so'];
/** Where it looks by itself: the GNU loader, musl's, and FreeBSD's. */
const folders = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib'];

/**
 * Path of the system's EGL library, as ld.so(8) looks for it. Undefined where there is none, and on macOS and Windows,
 * which bring none: there it is named by its path, as `egl:/path`.
 */
export function findEgl({ platform, env, read, exists }: System = thisSystem): string | undefined {
  if (platform === 'darwin' || platform === 'win32') return undefined;
  const named = (env['LD_LIBRARY_PATH'] ?? '').split(/[:;]/).filter((folder) => folder !== '');
  // ld.so.cache holds paths that end in NUL, beside numbers; musl has a list of folders instead.
  const cached = read('/etc/ld.so.cache').match(/\/[^\0]*\/libEGL\.so(?:\.1)?(?=\0)/g) ?? [];
  const listed = ['x86_64', 'aarch64', 'armhf', 'armv7', 'x86', 'riscv64'].flatMap((machine) => {
    return read(`/etc/ld-musl-${machine}.path`)
      .split(/[:\n]/)
      .filter((folder) => folder !== '');
  });
  const within = (folder: string): string[] => names.map((name) => join(folder, name));
  return [...named.flatMap(within), ...cached, ...[...listed, ...folders].flatMap(within)].find(exists);
}

/** Variables by which drivers are chosen. */
const ofGraphics =
  /^(EGL_|__EGL_|MESA_|LIBGL_|GALLIUM_|GBM_|__GLX_|__NV_|NVIDIA_|CUDA_VISIBLE|VK_|LD_LIBRARY_PATH$|DISPLAY$|WAYLAND_DISPLAY$)/;

/** Changes whenever a library, a driver, a device, the processor or this package does. `egl` is what findEgl found. */
export function fingerprintMachine(egl: string, kernels: URL): string {
  const facts = [
    readPackageVersion(),
    lookAtFile(kernels),
    ...[process.version, process.arch, cpus()[0]?.model, availableParallelism()],
    // Whatever is installed beside it changes its folder.
    ...[egl, lookAtFile(egl), lookAtFile(dirname(egl))],
    ...['/usr/share/glvnd/egl_vendor.d', '/etc/glvnd/egl_vendor.d'].map(lookAtFile),
    ...['/dev/dri', '/dev/nvidiactl', '/dev/nvidia0', '/dev/mali0', '/dev/kgsl-3d0', '/dev/dxg'].map(lookAtDevice),
    ...Object.entries(process.env)
      .filter(([name]) => ofGraphics.test(name))
      .sort(),
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function fileExists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function lookAtFile(path: string | URL): readonly number[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? [stats.size, stats.mtimeMs] : [];
}

/** Its time changes whenever it is used. */
function lookAtDevice(path: string): readonly string[] {
  try {
    return statSync(path).isDirectory() ? readdirSync(path).sort() : [path];
  } catch {
    return [];
  }
}
