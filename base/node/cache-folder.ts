/**
 * The folder where dalle-gl keeps what it can make or fetch again: kernel choices and downloads. Deleting it costs time
 * only. Node only.
 */
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * `$DALLE_GL_CACHE`, else `$XDG_CACHE_HOME/dalle-gl`, else `~/.cache/dalle-gl`; of a user who has no home, as in many
 * containers, a folder of the user's number where temporary files go. It may not exist yet.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { DALLE_GL_CACHE: named, XDG_CACHE_HOME: caches = '' } = env;
  if (named) return named;
  // As its specification has it: a relative one says nothing.
  if (isAbsolute(caches)) return join(caches, 'dalle-gl');
  const home = findHome();
  return home === undefined ? join(tmpdir(), `dalle-gl-${process.geteuid?.() ?? 0}`) : join(home, '.cache', 'dalle-gl');
}

/** Undefined for a user whom the system does not know, and for an empty HOME, which would be the current folder. */
function findHome(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}
