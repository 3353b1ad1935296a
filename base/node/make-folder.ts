/**
 * Makes a folder with those above it. Node's own way of it (20 to 22) never ends where the system denies that there is
 * anything to make a folder in though it is there, as in /proc. Node only.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Each folder is asked for once; what is there already is left as it is.
 *
 * @returns the first folder that had to be made; undefined if all were there
 * @throws what the system throws
 */
export function makeFolder(path: string, mode: number = 0o777): string | undefined {
  const missing: string[] = [];
  for (let folder = resolve(path); !isFolder(folder); folder = dirname(folder)) missing.unshift(folder);
  const made = missing.filter((folder) => makeOne(folder, mode));
  return made[0];
}

/** False if another process was faster. */
function makeOne(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && isFolder(folder)) return false;
    throw error;
  }
}

/** Throws if it is something else, or cannot be looked at. */
function isFolder(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats || stats.isDirectory()) return stats !== undefined;
  throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR' });
}
