/**
 * A file of a data set as this folder sees it: its path within the set, its bytes, and how to open it. A folder on disk
 * (../node/data/walk-folder.ts) and files that a person chose in a page both come as a list of these.
 *
 * Pure: runs in Node and in the browser.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../../weights-convert/byte-source.ts';

export interface DataFile {
  /** Within the data set, with `/` between folders and none in front: `cats/001.png`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Opens it anew each time; whoever opens it closes it. */
  open(): Promise<ByteSource>;
}

/** Bytes of a picture file at most. */
export const MAX_PICTURE_BYTES = 256_000_000;

/** `length` bytes of `file` from `offset`. Throws what opening and reading throw. */
export async function readRange(file: DataFile, offset: number, length: number): Promise<Uint8Array> {
  const source = await file.open();
  try {
    return await source.read(offset, length);
  } finally {
    await source.close?.();
  }
}

/** All bytes of `file`; throws `E_FILE_TOO_LARGE` beyond `most`. */
export async function readWhole(file: DataFile, most: number): Promise<Uint8Array> {
  const source = await file.open();
  try {
    if (source.size > most) throw tooLarge(file.path, source.size, most);
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}

function tooLarge(path: string, size: number, most: number): FormatError {
  return new FormatError(
    'E_FILE_TOO_LARGE',
    `readWhole: wanted at most ${most} bytes, but ${path} has ${size}. It is probably no picture and no caption; ` +
      'take it out of the data set.',
  );
}

/** The path of `target` as a file beside `path` names it; undefined where it leads out of the data set. */
export function resolvePath(path: string, target: string): string | undefined {
  const parts = path.split('/').slice(0, -1);
  const steps = target.replaceAll('\\', '/');
  if (steps.startsWith('/') || /^[A-Za-z]:/.test(steps)) return undefined;
  for (const step of steps.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') parts.push(step);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
