/**
 * The files of a folder and of those within it, for a data set. Links are followed, as data sets are often made of
 * them, but no folder is walked twice; what is hidden is passed over.
 */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../../../base/errors.ts';
import { explainFileError } from '../../../base/node/file-error.ts';
import { openFileSource } from '../../../weights-convert/node/file-source.ts';
import type { DataFile } from '../../data/data-file.ts';
import { pause } from '../../data/pause.ts';

/** Ten for each sample that a data set may have would fill memory; a folder above home or the disk's root has more. */
const MAX_FILES = 10_000_000;
/** Sizes that are asked for at once. */
const AT_ONCE = 32;

/**
 * All files under `folder`, in no order.
 *
 * @throws FormatError `E_FILE_*` where it cannot be read, `E_DATA_LIMIT` for more than ten million files; AbortedError
 *   `E_ABORTED`
 */
export async function walkFolder(folder: string, signal?: AbortSignal): Promise<DataFile[]> {
  const files: DataFile[] = [];
  const seen = new Set<string>();
  const pending = [''];
  for (let inside = pending.pop(); inside !== undefined; inside = pending.pop()) {
    await pause('openDataSet', signal);
    const path = join(folder, inside);
    if (!(await isNew(path, seen))) continue;
    const entries = await listEntries(path);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let entry = entries[next++]; entry; entry = entries[next++]) {
        const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
        const kind = await kindOf(entry, join(folder, name));
        if (kind === 'folder') pending.push(name);
        else if (kind !== undefined) files.push(dataFile(join(folder, name), name, kind.size));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (files.length > MAX_FILES) throw tooManyFiles(folder);
  }
  return files;
}

/** The file at `path`, called `name` within its data set. */
export function dataFile(path: string, name: string, size: number): DataFile {
  return { path: name, size, open: () => openFileSource(path) };
}

async function isNew(path: string, seen: Set<string>): Promise<boolean> {
  const { dev, ino } = await stat(path).catch((error: unknown) => {
    throw explainFileError('openDataSet', 'read', path, error);
  });
  const identity = `${dev}:${ino}`;
  if (seen.has(identity)) return false;
  seen.add(identity);
  return true;
}

async function listEntries(path: string): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw explainFileError('openDataSet', 'read', path, error);
  });
  // macOS leaves `._a.png` beside each file, and `__MACOSX` in archives.
  return entries.filter(({ name }) => !name.startsWith('.') && name !== '__MACOSX');
}

/** Undefined for what is neither: a pipe, a socket, a link that leads nowhere. */
async function kindOf(entry: Dirent, path: string): Promise<'folder' | { readonly size: number } | undefined> {
  if (entry.isDirectory()) return 'folder';
  if (!entry.isFile() && !entry.isSymbolicLink()) return undefined;
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return 'folder';
  return stats?.isFile() ? { size: stats.size } : undefined;
}

function tooManyFiles(folder: string): FormatError {
  return new FormatError(
    'E_DATA_LIMIT',
    `openDataSet: wanted at most ${MAX_FILES} files, but ${folder} has more. Is it a whole disk? Name the folder of the ` +
      'pictures, or keep so many pictures in tar shards.',
  );
}
