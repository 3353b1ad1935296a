/**
 * A file being written: it lies beside its place under a temporary name, and is flushed to the disk, before
 * output-files.ts gives it its own. Node only.
 */
import { close, constants, fchmodSync, fchownSync, fsync, lstatSync, openSync, write, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { DalleError } from '../errors.ts';
import { followLinks } from './file-identity.ts';
import { forgetTemporary, nameTemporary, removeTemporary } from './temporary-files.ts';

export interface OutputOptions {
  /** What may stand in its place: a file, which is replaced, or nothing [replace]. */
  readonly place?: 'replace' | 'new';
  /** Whether a symbolic link there is written through; else it is replaced itself [true]. */
  readonly follow?: boolean;
}

/** What is needed of an open file; tests give one whose disk fills up. */
interface OutputHandle {
  /** Resolves to the number of bytes that were written. */
  write(bytes: Uint8Array, offset: number, length: number): Promise<number>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Makes the file of a temporary name, with owner and permissions of the file that it will replace. */
export type OpenHandle = (temporary: string, replaced: Ownership | undefined) => OutputHandle;

/** Whose a file is, and who may do what with it. */
interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** How a failure to write to a path is told. */
export type ExplainFailure = (path: string, cause: unknown) => DalleError;

export class OutputFile {
  /** As it was named. */
  readonly path: string;
  /** Where its bytes are. */
  readonly temporary: string;
  /** Where it will be: what a symbolic link leads to. */
  target: string;
  place: 'replace' | 'new';
  private readonly handle: OutputHandle;
  private readonly explain: ExplainFailure;
  private isOpen = true;

  /** Throws what `explain` makes of a folder, a pipe or a device in its place, and of a disk that cannot be written. */
  constructor(path: string, options: OutputOptions, openHandle: OpenHandle, explain: ExplainFailure) {
    const { place = 'replace', follow = true } = options;
    this.path = path;
    this.place = place;
    this.explain = explain;
    try {
      this.target = follow ? followLinks(path) : path;
      const present = lstatSync(this.target, { throwIfNoEntry: false });
      checkPlace(path, present, place, follow);
      this.temporary = nameTemporary(dirname(this.target));
      this.handle = openNamed(this.temporary, present, openHandle);
    } catch (cause) {
      throw explain(path, cause);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      done += await this.guard(this.handle.write(bytes, done, bytes.length - done));
    }
  }

  /** Flushes to the disk and closes; the file still has its temporary name. */
  async finish(): Promise<void> {
    await this.guard(this.handle.sync());
    await this.guard(this.close());
  }

  /** Closes and removes what was written, unless it has its final name. */
  async discard(): Promise<void> {
    await this.close().catch(() => undefined);
    removeTemporary(this.temporary);
  }

  private async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.handle.close();
  }

  private guard<T>(work: Promise<T>): Promise<T> {
    return work.catch((cause: unknown) => {
      throw this.explain(this.path, cause);
    });
  }
}

/** A new file, whatever another user puts in its place; of one that is replaced it gets owner and permissions. */
export const openExclusively: OpenHandle = (temporary, replaced) => {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;
  // Made at once, so that a signal finds either no file or one that is remembered.
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, replaced ? 0o600 : 0o666);
  if (replaced) keepOwner(fd, replaced);
  return {
    write: (bytes, offset, length) =>
      settle((done) => write(fd, bytes, offset, length, null, (error, count) => done(error, count))),
    sync: () => settle((done) => fsync(fd, (error) => done(error, undefined))),
    close: () => settle((done) => close(fd, (error) => done(error ?? null, undefined))),
  };
};

/** What stands in the way of a new file. */
export function outputExists(path: string): DalleError {
  return new DalleError(
    'E_OUTPUT_EXISTS',
    `writeOutput: ${path} is there already, and was not touched. Name another file, or move that one away.`,
  );
}

/** Where no link is followed, the place is ours: whatever else stands there is replaced, and never written to. */
function checkPlace(path: string, present: Stats | undefined, place: 'replace' | 'new', follow: boolean): void {
  if (!present) return;
  if (present.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  if (place === 'new') throw outputExists(path);
  if (present.isFile() || present.isSymbolicLink() || !follow) return;
  throw Object.assign(new Error('it is a pipe, a socket or a device'), { code: 'ENXIO' });
}

function openNamed(temporary: string, present: Stats | undefined, openHandle: OpenHandle): OutputHandle {
  try {
    return openHandle(temporary, present?.isFile() ? present : undefined);
  } catch (error) {
    forgetTemporary(temporary);
    throw error;
  }
}

function keepOwner(fd: number, { uid, gid, mode }: Ownership): void {
  try {
    fchownSync(fd, uid, gid);
  } catch {
    // Only root may give files away.
  }
  try {
    fchmodSync(fd, mode & 0o777);
  } catch {
    // A file system without permissions.
  }
}

type Done<T> = (error: NodeJS.ErrnoException | null, value: T) => void;

function settle<T>(work: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    work((error, value) => (error ? reject(error) : resolve(value)));
  });
}
