/**
 * The folder where dalle-gl keeps what it can make or fetch again: kernel choices and downloads. Deleting it costs time
 * only. Node only.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$DALLE_GL_CACHE`, else `$XDG_CACHE_HOME/dalle-gl`, else `~/.cache/dalle-gl`. It may not exist yet. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env['DALLE_GL_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dalle-gl');
}
