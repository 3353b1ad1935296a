/**
 * Files that were downloaded, on disk: `downloads/<hash of the address>/<SHA-256>/<name>`, beside a `record.json` that
 * says which of them is the current one. A file never changes once it has its name, and the record is replaced as a
 * whole, so several processes may download the same address at once.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseVersion, type FileVersion } from '../file-version.ts';
import { writeWhole } from '../../base/node/output-files.ts';
import { checkOwnFolder } from '../../base/node/own-folder.ts';
import { describeWriteFailure } from './write-failure.ts';

/** A whole file. */
export interface CachedFile {
  /** The last part of the address. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly version: FileVersion;
}

/** The folder for one address. It may not exist yet. */
export function placeOf(cache: string, address: URL): string {
  return join(cache, 'downloads', createHash('sha256').update(address.href).digest('hex').slice(0, 16));
}

/**
 * Sees to it that the folder for an address, and those of the cache above it, are nobody else's, as far as they are there.
 *
 * @throws DalleError `E_CACHE_UNSAFE`
 */
export function checkPlace(place: string): void {
  for (const folder of [dirname(dirname(place)), dirname(place), place]) checkOwnFolder(folder);
}

export function pathOf(place: string, { sha256, name }: CachedFile): string {
  return join(place, sha256, name);
}

/** The current file; undefined if there is none, or it is damaged in a way that shows at once. */
export async function findCached(place: string): Promise<CachedFile | undefined> {
  try {
    const file = parseRecord(JSON.parse(await readFile(join(place, 'record.json'), 'utf8')));
    const { size } = await stat(pathOf(place, file!));
    return size === file!.bytes ? file : undefined;
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
