/**
 * Which file a path leads to: two paths are one file if they have one device and inode, however they are spelled and
 * through whatever links. Of a file that is not there yet, the folder counts, and the name in it. Node only.
 */
import { fstatSync, lstatSync, readlinkSync, statSync, type BigIntStats } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

/** The most links in a row that Linux follows. */
const MAX_LINKS = 40;

/** The path itself, or where the symbolic link there leads, be there a file or not. Throws what the system throws. */
export function followLinks(path: string): string {
  // The system's own rules about whose links may be followed come first.
  statSync(path, { throwIfNoEntry: false });
  let place = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    if (!lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) return place;
    place = resolve(dirname(place), readlinkSync(place));
  }
  throw Object.assign(new Error(`ELOOP: too many symbolic links, ${path}`), { code: 'ELOOP' });
}

/**
 * A text that is equal for two paths exactly if they are one file; undefined for devices and pipes, which are nobody's
 * file, and for what cannot be looked at.
 */
export function identifyFile(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats ? identify(stats) : identifyMissing(followLinks(resolve(path)));
  } catch {
    return undefined;
  }
}

/** The same of an open file, such as standard input from `< picture.png`. */
export function identifyOpenFile(fd: number): string | undefined {
  try {
    return identify(fstatSync(fd, { bigint: true }));
  } catch {
    return undefined;
  }
}

function identify(stats: BigIntStats): string | undefined {
  return stats.isFile() || stats.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined;
}

function identifyMissing(path: string): string | undefined {
  const folder = dirname(path);
  if (folder === path) return undefined;
  const parent = identifyFile(folder);
  // Elsewhere two names that differ in case only are usually one file.
  const name = process.platform === 'linux' ? basename(path) : basename(path).normalize('NFC').toLowerCase();
  return parent === undefined ? undefined : `${parent}/${name}`;
}
