/**
 * Opens a file that somebody named, for reading, so that nothing can make the process wait or read without end: a pipe
 * with no writer, a device, a socket or a made-up file of the kernel (`/proc`, `/sys`) in the place of a file is
 * refused. The judgement is made on what was opened, not on the path, which may change meanwhile.
 */
import { constants } from 'node:fs';
import { open, statfs, type FileHandle } from 'node:fs/promises';
import { argumentError } from '../check-argument.ts';
import { FormatError } from '../errors.ts';
import { explainFileError } from './file-error.ts';

/**
 * File systems whose files are made up by the kernel while they are read: proc, sysfs, debugfs, tracefs, cgroup,
 * cgroup2.
 */
const KERNEL_FILES = new Set([0x9fa0, 0x62656572, 0x64626720, 0x74726163, 0x27e0eb, 0x63677270]);

// Windows has none but the first.
const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0, O_NOFOLLOW = 0 } = constants;

/** A regular file, opened for reading. */
interface OpenedFile {
  readonly handle: FileHandle;
  /** Bytes, when it was opened. */
  readonly size: number;
}

/**
 * Opens a regular file for reading, through symbolic links unless told not to follow one.
 *
 * @param caller the function that messages name
 * @throws FormatError `E_FILE_KIND` for what is no file, `E_FILE_MISSING`, `E_FILE_IS_DIRECTORY`, `E_FILE_PERMISSION`,
 *   `E_FILE_IO`
 */
export async function openRegularFile(
  caller: string,
  path: string,
  { follow = true }: { readonly follow?: boolean } = {},
): Promise<OpenedFile> {
  checkPath(caller, path);
  try {
    // Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
    const handle = await open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
    try {
      const stats = await handle.stat();
      if (stats.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
      if (!stats.isFile()) throw notAFile(caller, path, nameKind(stats));
      if (await isKernelFile(handle)) throw notAFile(caller, path, 'a file that the kernel makes up');
      return { handle, size: stats.size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  } catch (error) {
    throw explainFileError(caller, 'read', path, error);
  }
}

/** Throws UsageError `E_ARGUMENT` for what is neither a path nor an address: nothing, null, a number. */
export function checkPath(caller: string, path: unknown): void {
  if ((typeof path === 'string' && path !== '') || path instanceof URL) return;
  throw argumentError(caller, 'a path as text', path, 'Name the file or folder.');
}

interface Kinds {
  isFIFO(): boolean;
  isSocket(): boolean;
}

function nameKind(stats: Kinds): string {
  if (stats.isFIFO()) return 'a pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

async function isKernelFile({ fd }: FileHandle): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  // The link leads to the opened file itself, wherever its path leads by now.
  const { type } = await statfs(`/proc/self/fd/${fd}`).catch(() => ({ type: 0 }));
  return KERNEL_FILES.has(type);
}

function notAFile(caller: string, path: string, kind: string): FormatError {
  return new FormatError(
    'E_FILE_KIND',
    `${caller}: wanted to read the file ${path}, but it is ${kind}. Save what it gives to a file and name that.`,
  );
}
