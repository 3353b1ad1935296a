/**
 * Files that were downloaded, on disk: `downloads/<hash of the address>/<SHA-256>/<name>`, beside a `record.json` that
 * says which of them is the current one. A file never changes once it has its name, and the record is replaced as a
 * whole, so several processes may download the same address at once.
 */
import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseVersion, type FileVersion } from '../transfer/file-version.ts';
import { AbortedError } from '../../base/errors.ts';
import { writeWhole } from '../../base/node/output-files.ts';
import { checkOwnFolder } from '../../base/node/own-folder.ts';
import { readOwnFile } from '../../base/node/read-own-file.ts';
import { parseJson } from '../../base/parse-json.ts';
import { openFileSource, type FileSource } from './file-source.ts';
import { describeWriteFailure } from './write-failure.ts';

/** Of the little files beside a download: they hold a name, a hash and what a server said of its file. */
export const MAX_NOTE_BYTES: number = 64 * 1024;

/** A whole file. */
export interface CachedFile {
  /** The last part of the address. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly version: FileVersion;
}

/** What the cache has: a whole file, open, or one that is not what was downloaded any more. */
interface CacheEntry {
  readonly file: CachedFile;
  /** Undefined for a damaged copy, which was removed. */
  readonly source: FileSource | undefined;
}

/** The folder for one address. It may not exist yet. */
export function placeOf(cache: string, address: URL): string {
  return join(cache, 'downloads', createHash('sha256').update(address.href).digest('hex').slice(0, 16));
}

/**
 * Sees to it that the folder for an address, and those of the cache above it, are nobody else's, as far as they are
 * there.
 *
 * @throws DalleError `E_CACHE_UNSAFE`
 */
export function checkPlace(place: string): void {
  for (const folder of [dirname(dirname(place)), dirname(place), place]) checkOwnFolder(folder);
}

export function pathOf(place: string, { sha256, name }: CachedFile): string {
  return join(place, sha256, name);
}

/**
 * The current file, opened and compared with its record; undefined if there is none.
 *
 * @throws AbortedError `E_ABORTED`
 */
export async function openCached(place: string, signal?: AbortSignal): Promise<CacheEntry | undefined> {
  const file = await readRecord(place);
  const source = file && (await openFileSource(pathOf(place, file)).catch(() => undefined));
  if (!file || !source) return undefined;
  try {
    if (source.size === file.bytes && (await source.sha256({ signal })) === file.sha256) return { file, source };
  } catch (error) {
    await source.close();
    if (error instanceof AbortedError) throw error;
    return { file, source: undefined };
  }
  await source.close();
  // Where that is not allowed, the copy is found damaged again.
  await rm(join(place, file.sha256), { recursive: true, force: true }).catch(() => undefined);
  return { file, source: undefined };
}

/** Whether a whole file is there by its record and length; its content is not compared. */
export async function isCached(cache: string, address: URL): Promise<boolean> {
  const place = placeOf(cache, address);
  const file = await readRecord(place);
  const found = file && (await stat(pathOf(place, file)).catch(() => undefined));
  return found?.size === file?.bytes && found !== undefined;
}

async function readRecord(place: string): Promise<CachedFile | undefined> {
  const text = await readOwnFile(join(place, 'record.json'), MAX_NOTE_BYTES);
  try {
    return text === undefined ? undefined : parseRecord(parseJson(text));
  } catch {
    return undefined;
  }
}

/** Makes a file, which is in its place already, the current one; removes the one before. */
export async function keepRecord(place: string, file: CachedFile, before: CachedFile | undefined): Promise<void> {
  const text = new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`);
  await writeWhole(join(place, 'record.json'), text, { explain: describeWriteFailure, follow: false });
  if (before && before.sha256 !== file.sha256) await rm(join(place, before.sha256), { recursive: true, force: true });
}

function parseRecord(value: unknown): CachedFile | undefined {
  const { name, bytes, sha256, version } = value as Record<keyof CachedFile, unknown>;
  const parsed = parseVersion(version);
  const isPlain = typeof name === 'string' && /^\w[\w.-]*$/.test(name);
  if (!isPlain || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || !parsed) return undefined;
  return { name, bytes: Number(bytes), sha256, version: parsed };
}
