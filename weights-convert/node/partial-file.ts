/**
 * A download that is not whole yet: a folder with the bytes that came (`body`) and the version they are of
 * (`version.json`), so that both move together when the folder is renamed. Whoever leaves one writes down the hash of
 * what came, and whoever takes it over compares: what was damaged meanwhile must not become the beginning of a file.
 *
 * Two downloads never share one. Whoever starts takes over one that was left by renaming it to a name of its own, which
 * only one process can do, or makes a new one; whoever fails gives it back by another renaming. The partial file of a
 * process that was killed is free as well.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rename, rm, statfs, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { DalleError } from '../../base/errors.ts';
import { readBlocks, type ByteSource } from '../byte-source.ts';
import { parseVersion, type FileVersion } from '../transfer/file-version.ts';
import type { KeptBytes } from '../transfer/request-file.ts';
import { checkPlace, MAX_NOTE_BYTES } from './download-cache.ts';
import { openFileSource } from './file-source.ts';
import { createNodeHasher, type NodeHasher } from './node-hasher.ts';
import { describeWriteFailure } from './write-failure.ts';
import { writeWhole } from '../../base/node/output-files.ts';
import { makeFolder } from '../../base/node/make-folder.ts';
import { checkOwnFolder, makeOwnFolder } from '../../base/node/own-folder.ts';
import { readOwnFile } from '../../base/node/read-own-file.ts';
import { isRunning } from '../../base/node/running-process.ts';
import { parseJson } from '../../base/parse-json.ts';

/** The folder that nobody works on; `.partial-<host>-<process>-<random>` is somebody's. */
const FREE = '.partial';

/** What was left, and the hash of it. */
interface Found {
  readonly kept: KeptBytes;
  readonly hasher: NodeHasher;
}

const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW = 0 } = constants;

export class PartialFile {
  /** What an earlier download left; undefined if nothing of use. */
  readonly kept: KeptBytes | undefined;
  private readonly folder: string;
  private handle: FileHandle | undefined;
  private version: FileVersion | undefined;
  private hasher: NodeHasher;

  private constructor(folder: string, found: Found | undefined) {
    this.folder = folder;
    this.kept = found?.kept;
    this.hasher = found?.hasher ?? createNodeHasher();
  }

  /** Takes over a partial file in `place`, or is about to make one: nothing is written before `begin`. */
  static async claim(place: string, signal?: AbortSignal): Promise<PartialFile> {
    const own = join(place, `${FREE}-${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`);
    for (const name of await readdir(place).catch(() => [])) {
      if (!isFree(name)) continue;
      const isOurs = await rename(join(place, name), own).then(
        () => true,
        () => false, // another process was faster, or the disk is read-only
      );
      if (!isOurs) continue;
      const found = await readKept(own, signal);
      // A pipe in the place of its body would make writing wait.
      if (!found && !signal?.aborted) await rm(own, { recursive: true, force: true }).catch(() => undefined);
      return new PartialFile(own, found);
    }
    return new PartialFile(own, undefined);
  }

  private get body(): string {
    return join(this.folder, 'body');
  }

  /** Makes room for the bytes from `from` on: behind those that were kept, or 0 to forget them. */
  async begin(version: FileVersion, from: number): Promise<void> {
    await this.guard(async () => {
      makeFolder(this.folder, 0o700);
      checkPlace(dirname(this.folder));
      checkOwnFolder(this.folder);
      await this.checkSpace((version.bytes ?? from) - from);
      this.handle = await open(this.body, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
      if (from === 0) {
        await this.handle.truncate(0);
        this.hasher = createNodeHasher();
      }
      await this.writeVersion(version);
      this.version = version;
    });
  }

  /** Lets `work` read what came so far; its errors call it `name`. */
  async read(name: string, work: (source: ByteSource) => Promise<unknown>): Promise<void> {
    const source = await openFileSource(this.body);
    try {
      await work({ ...source, name });
    } finally {
      await source.close();
    }
  }

  /** Adds to the end. */
  async write(block: Uint8Array): Promise<void> {
    await this.guard(() => this.handle!.appendFile(block));
    this.hasher.update(block);
  }

  /** SHA-256 of all that came, computed while it came. */
  digest(): string {
    return this.hasher.digestSoFar();
  }

  /** Flushes the file to the disk and gives it its place and name. */
  async finish(path: string): Promise<void> {
    await this.guard(async () => {
      await this.handle!.sync();
      await this.close();
      await makeOwnFolder(dirname(path));
      await rename(this.body, path);
    });
    await this.discard();
  }

  /** Leaves what came to whoever tries next. */
  async release(): Promise<void> {
    await this.close();
    // One without a hash is of use, too.
    if (this.version) await this.writeVersion({ ...this.version, sha256: this.digest() }).catch(() => undefined);
    // There may be another that was left meanwhile, and one is enough.
    await rename(this.folder, join(dirname(this.folder), FREE)).catch(() => this.discard());
  }

  async discard(): Promise<void> {
    await this.close();
    // What cannot be removed must not hide why it should be.
    await rm(this.folder, { recursive: true, force: true }).catch(() => undefined);
  }

  private writeVersion(version: FileVersion & { readonly sha256?: string }): Promise<void> {
    const text = new TextEncoder().encode(JSON.stringify(version));
    return writeWhole(join(this.folder, 'version.json'), text, { explain: describeWriteFailure, follow: false });
  }

  private async close(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
  }

  private async checkSpace(needed: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize >= needed) return;
    throw new DalleError(
      'E_DISK_FULL',
      `download: ${needed} bytes are to come, and the disk of ${dirname(this.folder)} has ${bavail * bsize} left. Free ` +
        'some space, or set DALLE_GL_CACHE to a folder on another disk.',
    );
  }

  private async guard(work: () => Promise<void>): Promise<void> {
    await work().catch((cause: unknown) => {
      throw describeWriteFailure(this.folder, cause);
    });
  }
}

/** Whether nobody works on it: it was given back, or its process, of this machine, is gone. */
function isFree(name: string): boolean {
  if (name === FREE) return true;
  const [, host, id] = /^\.partial-(.+)-(\d+)-[0-9a-f]+$/.exec(name) ?? [];
  return host === hostname() && !isRunning(Number(id));
}

async function readKept(folder: string, signal: AbortSignal | undefined): Promise<Found | undefined> {
  try {
    const text = await readOwnFile(join(folder, 'version.json'), MAX_NOTE_BYTES);
    const fields: unknown = parseJson(text ?? '');
    const version = parseVersion(fields);
    const source = version && (await openFileSource(join(folder, 'body')));
    if (!source) return undefined;
    const hasher = createNodeHasher();
    try {
      for await (const block of readBlocks(source, 0, source.size)) {
        if (signal?.aborted) return undefined;
        hasher.update(block);
      }
    } finally {
      await source.close();
    }
    // Nobody wrote one for a process that was killed.
    const { sha256 = hasher.digestSoFar() } = fields as { readonly sha256?: unknown };
    const isUseful = source.size > 0 && sha256 === hasher.digestSoFar();
    return isUseful ? { kept: { bytes: source.size, version }, hasher } : undefined;
  } catch {
    return undefined; // killed before it had both files, or damaged: start over
  }
}
