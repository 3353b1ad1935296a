/**
 * Where the installed package keeps its own files, seen from the sources and from `dist/` alike. Node only.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The small trained model that ships with the package: what commands use without `-m`. */
export const bundledModel: string = join(packageRoot, 'models', 'emoji');

/** The version in package.json. */
export function readPackageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return version;
}

function findRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findRoot(dirname(folder));
}
