/**
 * The temporary files of this process, so that a signal's handler can remove them at once, and those that killed
 * processes left. Their names, `.dalle-gl-<mark>-<random>.tmp`, say which process made them and have one length,
 * whatever the length of the name they stand for. Node only.
 */
import { randomBytes } from 'node:crypto';
import { rmdirSync, unlinkSync } from 'node:fs';
import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isGone, MARK, ownMark } from './running-process.ts';

const own = new Set<string>();
const ownFolders = new Set<string>();
const pattern = new RegExp(`^\\.dalle-gl-(${MARK.source})-[0-9a-f]{8}\\.(tmp|lock)$`);

/** A new name in a folder, remembered before there is a file. */
export function nameTemporary(folder: string, kind: 'tmp' | 'lock' = 'tmp'): string {
  const path = join(folder, `.dalle-gl-${ownMark}-${randomBytes(4).toString('hex')}.${kind}`);
  own.add(path);
  return path;
}

/** It has got its final name, or is to outlive this process. */
export function forgetTemporary(path: string): void {
  own.delete(path);
}

/** Remembers a folder that was made for output, until something is in it. */
export function rememberFolder(path: string): void {
  ownFolders.add(path);
}

export function forgetFolder(path: string): void {
  ownFolders.delete(path);
}

/** Removes a temporary file of this process. What cannot be removed must not hide why it should be. */
export function removeTemporary(path: string): void {
  own.delete(path);
  try {
    unlinkSync(path);
  } catch {
    // It was never made, or the folder is gone.
  }
}

/** Removes all temporary files of this process, and folders that were made for nothing: for its last moments. */
export function removeOwnTemporaries(): void {
  for (const path of own) removeTemporary(path);
  for (const path of [...ownFolders].reverse()) {
    try {
      rmdirSync(path);
    } catch {
      // Something is in it.
    }
  }
}

/** Whether a name is that of a temporary file or lock of some process, with what it says. */
export function readTemporaryName(
  name: string,
): { readonly kind: 'tmp' | 'lock'; readonly isLeft: boolean } | undefined {
  const [, mark, kind] = pattern.exec(name) ?? [];
  if (mark === undefined) return undefined;
  return { kind: kind === 'lock' ? 'lock' : 'tmp', isLeft: isGone(mark) };
}

/** Removes the temporary files in a folder whose processes were killed. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const temporary = readTemporaryName(name);
    if (temporary?.kind !== 'tmp' || !temporary.isLeft) continue;
    const path = join(folder, name);
    const isFile = await lstat(path).then(
      (stats) => stats.isFile(),
      () => false,
    );
    // Another process may remove it at the same time.
    if (isFile) await unlink(path).catch(() => undefined);
  }
}
