/**
 * Files that are written whole or not at all: under a temporary name in the same folder, flushed to the disk, and
 * renamed only when everything is there.
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { DalleError } from '../errors.ts';
import { isRunning } from './running-process.ts';

/** A file being written. */
export interface OutputFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Flushes to the disk and closes; the file still has its temporary name. */
  finish(): Promise<void>;
  /** Gives the file its name. */
  commit(): Promise<void>;
  /** Removes what was written, under either name. */
  discard(): Promise<void>;
}

/** Begins an output file that will be called `path`. */
export type CreateOutput = (path: string) => Promise<OutputFile>;

/** What is needed of a file handle; tests give one whose disk fills up. */
export interface OutputHandle {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Begins an output file on disk. */
export async function createOutputFile(
  path: string,
  openHandle: (path: string) => Promise<OutputHandle> = (temporary) => open(temporary, 'wx'),
): Promise<OutputFile> {
  const temporary = `${path}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  const handle = await openHandle(temporary).catch((cause: unknown) => {
    throw describeWriteFailure(path, cause);
  });
  let current = temporary;
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await handle.close();
    isOpen = false;
  };
  const guard = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause: unknown) => {
      throw describeWriteFailure(path, cause);
    });
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length;) {
        done += (await guard(handle.write(bytes, done, bytes.length - done))).bytesWritten;
      }
    },
    async finish() {
      await guard(handle.sync());
      await guard(close());
    },
    async commit() {
      await guard(rename(temporary, path));
      current = path;
    },
    async discard() {
      await close();
      await rm(current, { force: true });
    },
  };
}

/** The final name of a temporary file whose process was killed; undefined for any other name. */
export function leftoverOf(name: string): string | undefined {
  const [, final, processId] = /^(.+)\.tmp-(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
  return processId !== undefined && !isRunning(Number(processId)) ? final : undefined;
}

/** A failure to write, in words: a full disk is the likely one. */
export function describeWriteFailure(path: string, cause: unknown): DalleError {
  if (cause instanceof DalleError) return cause;
  const reason = (cause as NodeJS.ErrnoException).code;
  if (reason === 'ENOSPC' || reason === 'EDQUOT') {
    const message = `createOutputFile: the disk is full; ${path} could not be written and nothing was left. Free some space.`;
    return new DalleError('E_DISK_FULL', message, { cause });
  }
  const message =
    `createOutputFile: ${path} cannot be written (${reason ?? String(cause)}); nothing was left. Check that the folder ` +
    `exists and may be written to.`;
  return new DalleError('E_WRITE', message, { cause });
}
