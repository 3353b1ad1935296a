/**
 * Streams that a shell hands to a program under the name of a file: `/dev/stdin`, and `/dev/fd/63` for `<(command)`.
 * Only these names, as they were typed, may lead to a pipe; anywhere else a pipe in the place of a file is refused.
 */
import { constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';

/** The number of the descriptor that a path names; undefined for any other path. */
export function descriptorOf(path: string): number | undefined {
  const full = resolve(path);
  if (full === '/dev/stdin') return 0;
  const [, process_, number] = /^\/(?:dev|proc\/(self|thread-self|\d+))\/fd\/(\d{1,9})$/.exec(full) ?? [];
  const isOwn = process_ === undefined || !/\d/.test(process_) || Number(process_) === process.pid;
  return number !== undefined && isOwn ? Number(number) : undefined;
}

/** What a descriptor is: a file may be read as any other, a stream only from its beginning to its end. */
type DescriptorKind = 'file' | 'stream' | 'terminal' | 'none';

export function kindOfDescriptor(descriptor: number): DescriptorKind {
  try {
    const stats = fstatSync(descriptor);
    if (isatty(descriptor)) return 'terminal';
    return stats.isFIFO() || stats.isSocket() || stats.isCharacterDevice() ? 'stream' : 'file';
  } catch {
    return 'none'; // opening it says why
  }
}

/**
 * Reads a descriptor that is a stream. A pipe is waited for by the event loop and not by a thread of the file system,
 * of which there are few and which nothing can call back: so an abort ends the wait at once.
 */
export function openDescriptor(descriptor: number): Readable {
  const stats = fstatSync(descriptor);
  if (stats.isSocket()) return new Socket({ fd: descriptor, readable: true, writable: false });
  // Opened anew, so that closing it takes nothing from others that have it.
  const fd = openSync(`/dev/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  return stats.isFIFO() ? new Socket({ fd, readable: true, writable: false }) : createReadStream('', { fd });
}
