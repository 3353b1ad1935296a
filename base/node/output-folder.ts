/** Folders for results: made where there are none, and removed again if nothing came of it. */
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { describeWriteFailure } from './output-file.ts';

/**
 * Makes a folder and those above it.
 *
 * @returns the first folder that had to be made; undefined if all were there
 * @throws DalleError `E_WRITE`, `E_DISK_FULL`
 */
export async function makeFolders(out: string): Promise<string | undefined> {
  return mkdir(out, { recursive: true }).catch((cause: unknown) => {
    throw describeWriteFailure(out, cause);
  });
}

/** Removes the empty folders from `out` up to `first`, which is where making them began. */
export async function removeFolders(out: string, first: string): Promise<void> {
  for (let folder = resolve(out); folder.length >= resolve(first).length; folder = dirname(folder)) {
    // Something else may have been put there meanwhile: then it stays.
    await rmdir(folder).catch(() => undefined);
  }
}
