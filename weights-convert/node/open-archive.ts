/**
 * Checkpoints that come packed: in a tar archive, by gzip, or both. What gzip packed is written once, as it is, into a
 * temporary file of the cache, and an archive's files are ranges of that one. It is removed when it is closed, when a
 * signal ends the process, and else by whoever unpacks next.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DalleError, FormatError } from '../../base/errors.ts';
import { cacheFolder } from '../../base/node/cache-folder.ts';
import { makeOwnFolder } from '../../base/node/own-folder.ts';
import { nameTemporary, removeLeftovers, removeTemporary } from '../../base/node/temporary-files.ts';
import { listMembers } from '../archive/list-members.ts';
import { isTar } from '../archive/tar-header.ts';
import { readBlocks, type ByteSource } from '../byte-source.ts';
import { throwIfAborted } from '../describe-source.ts';
import { isGzip } from '../../nets/tokenizer/unpack-gzip.ts';
import type { ConversionControl } from './conversion-progress.ts';
import { openFileSource } from './file-source.ts';
import { describeWriteFailure } from './write-failure.ts';

/** A small file may pretend to be a very large one; weights hardly get smaller by packing. */
const MAX_RATIO = 16;
const LEAST_LIMIT = 16 * 1024 * 1024;

const HEAD_BYTES = 512;

export interface OpenArchiveOptions extends ConversionControl {
  /** The folder that has unpacked files [as `downloadFile`]. */
  readonly cache?: string;
  /** What is known of the archive, in lower-case hex. */
  readonly md5?: string | undefined;
}

/** The files of an archive; `close` closes it, and removes what was unpacked. */
interface OpenedArchive {
  readonly members: readonly ByteSource[];
  close(): Promise<void>;
}

/**
 * Opens the files that a file packs; of gzip's file that is no archive there is one.
 *
 * @returns undefined for a file that is neither
 * @throws FormatError `E_ARCHIVE`; DalleError `E_DISK_FULL`, `E_WRITE`, `E_CACHE_UNSAFE`; AbortedError `E_ABORTED`
 */
export async function openArchive(source: ByteSource, options: OpenArchiveOptions): Promise<OpenedArchive | undefined> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  if (isTar(head)) return { members: await listMembers(source), close: () => Promise.resolve() };
  if (!isGzip(head)) return undefined;
  const folder = join(options.cache ?? cacheFolder(), 'unpacked');
  await makeOwnFolder(folder);
  await removeLeftovers(folder);
  const path = nameTemporary(folder);
  try {
    await unpack(source, path, options);
    const file = await openFileSource(path);
    const unpacked: ByteSource = { name: source.name, size: file.size, read: (...range) => file.read(...range) };
    const close = async (): Promise<void> => {
      await file.close();
      removeTemporary(path);
    };
    try {
      const first = await unpacked.read(0, Math.min(HEAD_BYTES, unpacked.size));
      return { members: isTar(first) ? await listMembers(unpacked) : [unpacked], close };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    removeTemporary(path);
    throw error;
  }
}

/** Writes what gzip packed to a new file. */
async function unpack(source: ByteSource, path: string, options: OpenArchiveOptions): Promise<void> {
  const { onProgress, signal, md5 } = options;
  const limit = Math.max(LEAST_LIMIT, MAX_RATIO * source.size);
  const hash = createHash('md5');
  const handle = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw describeWriteFailure(path, cause);
  });
  const packed = async function* (): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const block of readBlocks(source, 0, source.size)) {
      throwIfAborted(signal);
      hash.update(block);
      onProgress?.({ stage: 'unpack', done: (done += block.length), total: source.size });
      yield block;
    }
  };
  /** Of writing: where a stream is stopped in its middle, what streams say of it comes first. */
  let failure: unknown;
  const write = async (blocks: AsyncIterable<Uint8Array>): Promise<void> => {
    let bytes = 0;
    for await (const block of blocks) {
      bytes += block.length;
      if (bytes > limit) failure = archiveError(source, `it unpacks to more than ${limit} bytes, which no weights do`);
      else await handle.writeFile(block).catch((cause: unknown) => (failure = describeWriteFailure(path, cause)));
      if (failure !== undefined) throw failure;
    }
  };
  try {
    await pipeline(Readable.from(packed()), createGunzip(), write);
  } catch (cause) {
    if (failure !== undefined || cause instanceof DalleError) throw failure ?? cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw archiveError(source, `gzip's data are damaged or cut (${reason})`, cause);
  } finally {
    await handle.close();
  }
  const found = hash.digest('hex');
  if (md5 !== undefined && found !== md5) {
    throw archiveError(
      source,
      `its MD5 should be ${md5}, and is ${found}: it is another file than the known one, or damaged`,
    );
  }
}

function archiveError({ name }: ByteSource, what: string, cause?: unknown): FormatError {
  return new FormatError(
    'E_ARCHIVE',
    `openArchive: ${name} cannot be unpacked: ${what}. Fetch it again; what the cache keeps of it can be deleted.`,
    { cause },
  );
}
