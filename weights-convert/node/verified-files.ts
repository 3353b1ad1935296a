/**
 * Remembers which file had which SHA-256, so that a model of gigabytes is hashed once and not at every start: one small
 * record a file in `verified/` of the cache. A record counts for the very same file only: its path, device, inode,
 * length, and both times to the nanosecond, of which the second cannot be set back. Records that cannot be read or
 * written are no failure: the file is hashed again.
 */
import { createHash } from 'node:crypto';
import { fstatSync, type BigIntStats } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheFolder } from '../../base/node/cache-folder.ts';
import { writeWhole } from '../../base/node/output-files.ts';
import { checkOwnFolder, makeOwnFolder } from '../../base/node/own-folder.ts';
import { readOwnFile } from '../../base/node/read-own-file.ts';

/** What tells that a file is the one it was, as text. */
export interface FileStamp {
  readonly device: string;
  readonly inode: string;
  readonly bytes: string;
  readonly modified: string;
  readonly changed: string;
}

/** Smaller files are hashed sooner than looked up. */
const LEAST_BYTES = 1024 * 1024;
/** A change so soon after another may leave the times as they are. */
const SETTLED_MS = 2000;
const MAX_RECORDS = 1000;
const MAX_RECORD_BYTES = 16 * 1024;

/** The stamp of an open file. */
export function stampFile(descriptor: number): FileStamp {
  const { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats = fstatSync(descriptor, { bigint: true });
  return {
    device: String(dev),
    inode: String(ino),
    bytes: String(size),
    modified: String(mtimeNs),
    changed: String(ctimeNs),
  };
}

/** The SHA-256 that the file with that stamp had; undefined if it is not known. */
export async function recallHash(
  path: string,
  stamp: FileStamp,
  cache: string = cacheFolder(),
): Promise<string | undefined> {
  if (Number(stamp.bytes) < LEAST_BYTES || !isOwnFolder(cache)) return undefined;
  const text = await readOwnFile(recordPath(cache, path), MAX_RECORD_BYTES);
  const hash = text === undefined ? undefined : /"sha256":"([0-9a-f]{64})"/.exec(text)?.[1];
  return hash !== undefined && text === formatRecord(path, stamp, hash) ? hash : undefined;
}

/** Remembers the SHA-256 of the file with that stamp. */
export async function rememberHash(
  path: string,
  stamp: FileStamp,
  hash: string,
  cache: string = cacheFolder(),
): Promise<void> {
  const newest = Math.max(Number(stamp.modified), Number(stamp.changed)) / 1e6;
  if (Number(stamp.bytes) < LEAST_BYTES || Date.now() - newest < SETTLED_MS) return;
  try {
    const folder = join(cache, 'verified');
    checkOwnFolder(cache);
    await makeOwnFolder(folder);
    await dropOldest(folder);
    await writeWhole(recordPath(cache, path), Buffer.from(formatRecord(path, stamp, hash)), { follow: false });
  } catch {
    // A read-only home, a full disk, or a folder that others can write to: hash again next time.
  }
}

/** In a folder that others can write to, a record may be of anyone. */
function isOwnFolder(cache: string): boolean {
  try {
    checkOwnFolder(cache);
    checkOwnFolder(join(cache, 'verified'));
    return true;
  } catch {
    return false;
  }
}

function recordPath(cache: string, path: string): string {
  return join(cache, 'verified', `${createHash('sha256').update(resolve(path)).digest('hex').slice(0, 32)}.json`);
}

/** The same file always gives the same text, so two texts are compared and nothing need be parsed. */
function formatRecord(path: string, stamp: FileStamp, sha256: string): string {
  return `${JSON.stringify({ path: resolve(path), ...stamp, sha256 })}\n`;
}

/** Makes room for a record where there are too many: half of them go, the oldest ones. */
async function dropOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length < MAX_RECORDS) return;
  const dated = names.map(async (name) => {
    const path = join(folder, name);
    return {
      path,
      time: await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        (): number => 0,
      ),
    };
  });
  const oldest = (await Promise.all(dated)).sort((a, b) => a.time - b.time).slice(0, MAX_RECORDS / 2);
  for (const { path } of oldest) await rm(path, { force: true });
}
