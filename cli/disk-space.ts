/** Whether disks have room for what a command is about to download and write, asked before it begins. */
import { stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DalleError } from '../base/errors.ts';

export interface WantedBytes {
  readonly cache: number;
  readonly out: number;
}

/** Throws DalleError `E_DISK_FULL`. Two folders on one disk share what is free there. */
export async function checkSpace(wanted: WantedBytes, cache: string, out: string): Promise<void> {
  const [cacheDisk, outDisk] = await Promise.all([lookAtDisk(cache), lookAtDisk(out)]);
  if (cacheDisk.id === outDisk.id)
    return refuseUnless(wanted.cache + wanted.out, cacheDisk.free, `${cache} and ${out}`);
  refuseUnless(wanted.cache, cacheDisk.free, cache);
  refuseUnless(wanted.out, outDisk.free, out);
}

function refuseUnless(wanted: number, free: number, where: string): void {
  if (wanted <= free) return;
  throw new DalleError(
    'E_DISK_FULL',
    `convert: ${wanted} bytes are wanted for ${where}, and the disk has ${free} left. Nothing was downloaded. Free some ` +
      'space, set DALLE_GL_CACHE to a folder on another disk, or write halves with --dtype f16.',
  );
}

/** The disk that a folder is on, or would be. */
async function lookAtDisk(folder: string): Promise<{ readonly id: number; readonly free: number }> {
  const path = resolve(folder);
  const found = await stat(path).catch(() => undefined);
  if (!found) return path === dirname(path) ? { id: -1, free: Infinity } : lookAtDisk(dirname(path));
  const { bavail, bsize } = await statfs(path);
  return { id: found.dev, free: bavail * bsize };
}
