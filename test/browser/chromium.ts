/**
 * Where Chromium is, and how it gets WebGL 2 from SwiftShader, its own software rasteriser: the same numbers on a
 * laptop and on a server without a GPU. Chromium gives software WebGL only when asked, hence the flags. Runs in Node,
 * for vitest.browser.config.ts.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Absolute path of the first Chromium or Chrome on the PATH. */
export function findChromium(path: string = process.env['PATH'] ?? ''): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const SWIFTSHADER_FLAGS: readonly string[] = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** Chromium's sandbox refuses to start for root, as in most containers; the pages it opens here are our own. */
export const ROOT_FLAGS: readonly string[] = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
