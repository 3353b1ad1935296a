/**
 * Checkpoints of a run: a folder for each, `checkpoints/00000500/`, with the weights, both moments and the average as
 * they lie in rows in one safetensors file, and `run.json`, which says what they are of and how that file hashes.
 * Batches, noise and schedules are functions of the step, so this is all that a run goes on from.
 *
 * A checkpoint is written under a temporary name, flushed to the disk, and renamed last: killed at any moment, a run
 * leaves whole ones. One that was damaged later is told by its hash and never taken. One process at a time has them.
 */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../../base/errors.ts';
import { explainFileError } from '../../base/node/file-error.ts';
import { lockFolder, type FolderLock } from '../../base/node/folder-lock.ts';
import { openExclusively, type OpenHandle } from '../../base/node/output-file.ts';
import { makeFolders } from '../../base/node/output-folder.ts';
import { forgetTemporary, nameTemporary, readTemporaryName } from '../../base/node/temporary-files.ts';
import type { CpuChoice, KernelChoice } from '../../engine/index.ts';
import { createNodeHasher } from '../../weights-convert/node/node-hasher.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { openSafetensors } from '../../weights-convert/safetensors/read-safetensors.ts';
import { measureSafetensors, writeSafetensors } from '../../weights-convert/safetensors/write-safetensors.ts';
import type { WritableTensor } from '../../weights-convert/safetensors/write-safetensors.ts';
import { TRACKS, type ParameterSpec, type Track } from '../parameters.ts';

/** Of what a run is made: another value of any of them makes it another run. */
export type RunSettings = Readonly<Record<string, string | number | boolean | null>>;

/** What decides the last bits of a step, beside its numbers. */
export interface RunDevice {
  readonly kind: string;
  readonly kernels: KernelChoice | CpuChoice | null;
}

/** What `run.json` says. */
interface RunRecord {
  /** Steps that are done. */
  readonly step: number;
  readonly settings: RunSettings;
  readonly device: RunDevice;
  /** The weights in their order, with their shapes. */
  readonly parameters: readonly (readonly [name: string, shape: readonly number[]])[];
  /** Steps so far whose gradient was not finite. */
  readonly skipped: number;
  /** Seconds that were trained so far. */
  readonly seconds: number;
}

interface StoredRecord extends RunRecord {
  readonly formatVersion: 1;
  readonly state: { readonly bytes: number; readonly sha256: string };
}

/** The numbers of every track, as they lie in rows. */
export type TrackNumbers = Readonly<Record<Track, Float32Array>>;

/** A checkpoint that is whole. */
export interface FoundCheckpoint {
  readonly record: RunRecord;
  read(): Promise<TrackNumbers>;
}

const STATE_NAME = 'state.safetensors';
const RECORD_NAME = 'run.json';
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
const DIGITS = 8;
/** Columns of a row, train/parameters.ts. */
const COLUMNS = 256;

/** The checkpoints of one run. */
export class Checkpoints {
  readonly folder: string;
  private readonly kept: number;
  private readonly lock: FolderLock;
  private readonly openHandle: OpenHandle;

  private constructor(folder: string, kept: number, lock: FolderLock, openHandle: OpenHandle) {
    this.folder = folder;
    this.kept = kept;
    this.lock = lock;
    this.openHandle = openHandle;
  }

  /**
   * Opens `out/checkpoints`, made if need be, and removes what a killed process left of one.
   *
   * @param kept how many stay
   * @throws DalleError `E_OUTPUT_BUSY`, `E_FILE_*`, `E_DISK_FULL`
   */
  static async open(out: string, kept: number, openHandle: OpenHandle = openExclusively): Promise<Checkpoints> {
    const folder = join(out, 'checkpoints');
    await makeFolders(folder, explain);
    const lock = await lockFolder(folder, explain);
    for (const name of readdirSync(folder)) {
      const left = readTemporaryName(name);
      if (left?.isLeft) rmSync(join(folder, name), { recursive: true, force: true });
    }
    return new Checkpoints(folder, kept, lock, openHandle);
  }

  close(): void {
    this.lock.release();
  }

  /**
   * Writes one, and removes the oldest beyond those that are kept.
   *
   * @throws DalleError `E_DISK_FULL`, `E_FILE_*`; then those that are there stay as they were
   */
  async write(record: RunRecord, tracks: TrackNumbers): Promise<FoundCheckpoint & { readonly bytes: number }> {
    const name = String(record.step).padStart(DIGITS, '0');
    const temporary = nameTemporary(this.folder);
    try {
      await mkdir(temporary);
      const state = await this.writeFile(join(temporary, STATE_NAME), writeSafetensors(tensorsOf(tracks), 'f32'));
      const stored: StoredRecord = { formatVersion: 1, ...record, state };
      const text = new TextEncoder().encode(`${JSON.stringify(stored, null, 2)}\n`);
      await this.writeFile(join(temporary, RECORD_NAME), [text]);
      syncFolder(temporary);
      const target = join(this.folder, name);
      // A damaged one of the same step, which was passed over.
      rmSync(target, { recursive: true, force: true });
      renameSync(temporary, target);
      syncFolder(this.folder);
      this.removeOld();
      return { record, bytes: state.bytes + text.length, read: () => readTracks(join(target, STATE_NAME)) };
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      throw explain(join(this.folder, name), error);
    } finally {
      forgetTemporary(temporary);
    }
  }

  /**
   * The newest that is whole.
   *
   * @param onDamaged told of each that was passed over
   */
  async findNewest(onDamaged: (path: string, reason: string) => void = () => {}): Promise<FoundCheckpoint | undefined> {
    for (const name of this.list().reverse()) {
      const path = join(this.folder, name);
      try {
        return await openCheckpoint(path);
      } catch (error) {
        onDamaged(path, error instanceof Error ? error.message : String(error));
      }
    }
    return undefined;
  }

  /** Names of those that are there, whole or not, the oldest first. */
  list(): string[] {
    return readdirSync(this.folder)
      .filter((name) => /^\d{8,}$/.test(name))
      .sort((a, b) => Number(a) - Number(b));
  }

  private removeOld(): void {
    for (const name of this.list().slice(0, -this.kept)) {
      // What cannot be removed takes room, and does no other harm.
      try {
        rmSync(join(this.folder, name), { recursive: true, force: true });
      } catch {
        return;
      }
    }
  }

  private async writeFile(
    path: string,
    blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<{ bytes: number; sha256: string }> {
    const handle = this.openHandle(path, undefined);
    const hasher = createNodeHasher();
    let bytes = 0;
    try {
      for await (const block of blocks) {
        hasher.update(block);
        for (let done = 0; done < block.length;) done += await handle.write(block, done, block.length - done);
        bytes += block.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    return { bytes, sha256: hasher.digest() };
  }
}

/** Bytes of a checkpoint, but for its few lines of JSON. */
export function measureCheckpoint(rows: number): number {
  const shape = [rows, COLUMNS];
  const read = async (): Promise<Float32Array> => new Float32Array();
  return measureSafetensors(new Map(TRACKS.map((track) => [track, { shape, read }])), 'f32');
}

/** How weights are listed in a checkpoint. */
export function listParameters(specs: readonly ParameterSpec[]): RunRecord['parameters'] {
  return specs.map(({ name, shape }) => [name, shape]);
}

function tensorsOf(tracks: TrackNumbers): Map<string, WritableTensor> {
  return new Map(
    TRACKS.map((track) => {
      const numbers = tracks[track];
      return [track, { shape: [numbers.length / COLUMNS, COLUMNS], read: async () => numbers }];
    }),
  );
}

/** Throws FormatError where it is not whole. */
async function openCheckpoint(path: string): Promise<FoundCheckpoint> {
  const record = await readRecord(join(path, RECORD_NAME));
  const file = join(path, STATE_NAME);
  const source = await openFileSource(file);
  try {
    const { bytes, sha256 } = record.state;
    if (source.size !== bytes || (await source.sha256()) !== sha256) throw damaged(file, 'its bytes are others');
  } finally {
    await source.close();
  }
  return { record, read: () => readTracks(file) };
}

async function readRecord(path: string): Promise<StoredRecord> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw explainFileError('Checkpoints', 'read', path, cause);
  });
  if (text.length > MAX_RECORD_BYTES) throw damaged(path, 'it is too large');
  let record: Partial<StoredRecord> | null;
  try {
    record = JSON.parse(text) as Partial<StoredRecord> | null;
  } catch {
    throw damaged(path, 'it is no JSON');
  }
  const { formatVersion, step, settings, device, parameters, state } = record ?? {};
  if (formatVersion !== 1) throw damaged(path, `its format is ${String(formatVersion)}, and 1 is read`);
  const isWhole =
    Number.isSafeInteger(step) &&
    [settings, device, state].every((part) => typeof part === 'object' && part !== null) &&
    Array.isArray(parameters);
  if (!isWhole) throw damaged(path, 'parts of it are missing');
  return record as StoredRecord;
}

async function readTracks(file: string): Promise<TrackNumbers> {
  const source = await openFileSource(file);
  try {
    const { tensors } = await openSafetensors(source);
    const read = await Promise.all(TRACKS.map(async (track) => [track, await tensors.get(track)?.read()] as const));
    const missing = read.find(([, numbers]) => !numbers);
    if (missing) throw damaged(file, `it has no ${missing[0]}`);
    return Object.fromEntries(read) as unknown as TrackNumbers;
  } finally {
    await source.close();
  }
}

function damaged(path: string, what: string): FormatError {
  return new FormatError('E_CHECKPOINT', `Checkpoints: ${path} is damaged: ${what}. An older checkpoint may be whole.`);
}

function explain(path: string, cause: unknown): ReturnType<typeof explainFileError> {
  return explainFileError('Checkpoints', 'write', path, cause);
}

function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Windows and some network disks cannot.
  }
}
