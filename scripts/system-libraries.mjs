/**
 * Makes sure that the system has what a WebGL 2 context in Node needs: libEGL, libGLESv2 and a graphics driver; with
 * --browser also Chromium. npm runs it before the tests, which need both; the CPU device needs none of it. As root on
 * Debian or Ubuntu it installs exactly what is missing; anywhere else it says what to type. Plain Node without
 * dependencies, about 20 ms when all is there.
 *
 * Exit code: 0 when everything is there or only Chromium is missing, 1 when there can be no context.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Debian's package for each thing that may be missing. */
const PACKAGES = { egl: 'libegl1', gles: 'libgles2', driver: 'libgl1-mesa-dri', browser: 'chromium' };

const NAMES = { egl: 'libEGL.so.1', gles: 'libGLESv2.so.2', driver: 'a graphics driver', browser: 'Chromium' };

const OTHER_SYSTEMS =
  'Fedora: dnf install libglvnd-egl libglvnd-gles mesa-libEGL mesa-dri-drivers. Arch: pacman -S libglvnd mesa.' +
  ' Alpine: apk add mesa-egl mesa-gles mesa-dri-gallium.';

/**
 * What is missing, in the order of PACKAGES.
 *
 * @param {{ libraries: readonly string[], drivers: readonly string[], browsers: readonly string[] }} found
 * @param {boolean} wantsBrowser
 * @returns {(keyof typeof PACKAGES)[]}
 */
export function listMissing(found, wantsBrowser) {
  const lacks = {
    egl: !found.libraries.includes('libEGL.so.1'),
    gles: !found.libraries.includes('libGLESv2.so.2'),
    driver: found.drivers.length === 0,
    browser: wantsBrowser && found.browsers.length === 0,
  };
  return Object.keys(PACKAGES).filter((thing) => lacks[thing]);
}

/** Looks around: shared libraries the loader knows, graphics drivers, browsers on the PATH. */
export function lookAround() {
  const folders = listLibraryFolders();
  const files = new Set(folders.flatMap(listFolder));
  const cache = runQuietly('ldconfig') || runQuietly('/sbin/ldconfig');
  const libraries = ['libEGL.so.1', 'libGLESv2.so.2'].filter((name) => cache.includes(`\t${name} `) || files.has(name));
  const mesa = folders.flatMap((folder) => listFolder(join(folder, 'dri'))).filter((name) => name.endsWith('_dri.so'));
  const gallium = [...files].filter((name) => name.startsWith('libgallium'));
  const vendors = ['/usr/share/glvnd/egl_vendor.d', '/etc/glvnd/egl_vendor.d'].flatMap(listFolder);
  const drivers = [...mesa, ...gallium, ...vendors.filter((name) => !name.includes('mesa'))];
  const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].filter(isOnPath);
  return { libraries, drivers, browsers };
}

/** Where libraries live: /usr/lib and its folders by architecture, /usr/lib64, and the same under /lib. */
function listLibraryFolders() {
  const roots = ['/usr/lib', '/usr/lib64', '/lib', '/lib64', '/usr/local/lib'];
  const byArchitecture = listFolder('/usr/lib').filter((name) => name.includes('-linux-'));
  return [...roots, ...byArchitecture.map((name) => join('/usr/lib', name))];
}

function listFolder(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const runQuietly = (command) => spawnSync(command, ['-p'], { encoding: 'utf8' }).stdout ?? '';

function isOnPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs packages with apt-get, its output on stderr. */
function installPackages(packages) {
  const run = (...words) =>
    spawnSync('apt-get', words, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  run('update');
  run('install', '-y', '--no-install-recommends', ...packages);
}

/** One paragraph that says what is missing and what to type. */
export function adviseOn(missing) {
  const packages = missing.map((thing) => PACKAGES[thing]).join(' ');
  const things = missing.map((thing) => NAMES[thing]).join(', ');
  const debian = `Debian or Ubuntu: sudo apt-get install -y --no-install-recommends ${packages}.`;
  return missing.some(isNeeded)
    ? `dalle-gl: missing on this system: ${things}; without them Node gets no WebGL 2 context. ${debian} ${OTHER_SYSTEMS}`
    : `dalle-gl: missing on this system: ${things}; only what runs in a browser needs it. ${debian}`;
}

const isNeeded = (thing) => thing !== 'browser';

/**
 * Looks, installs what is missing where it may, looks again and reports. Chromium is installed apart from the rest: a
 * distribution without that package shall not keep the libraries away.
 *
 * @param {{ look: typeof lookAround, install: ((packages: string[]) => void) | null, wantsBrowser: boolean }} options
 * @returns {{ exitCode: number, advice: string | null }}
 */
export function ensureLibraries({ look, install, wantsBrowser }) {
  const missing = listMissing(look(), wantsBrowser);
  if (missing.length === 0) return { exitCode: 0, advice: null };
  for (const group of [missing.filter(isNeeded), missing.filter((thing) => !isNeeded(thing))]) {
    if (group.length > 0) install?.(group.map((thing) => PACKAGES[thing]));
  }
  const left = install === null ? missing : listMissing(look(), wantsBrowser);
  return { exitCode: left.some(isNeeded) ? 1 : 0, advice: left.length === 0 ? null : adviseOn(left) };
}

function main() {
  if (process.platform !== 'linux') {
    console.error(
      `dalle-gl: ${process.platform} brings no EGL. npm install --ignore-scripts gl@9.0.0-rc.10 brings an ANGLE build in` +
        ' node_modules/gl/deps, to be named as --device egl:/path/to/libEGL (untried on this system).',
    );
    return 0;
  }
  const mayInstall = process.getuid() === 0 && isOnPath('apt-get');
  const { exitCode, advice } = ensureLibraries({
    look: lookAround,
    install: mayInstall ? installPackages : null,
    wantsBrowser: process.argv.includes('--browser'),
  });
  if (advice !== null) console.error(advice);
  return exitCode;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main();
