/**
 * Files that belong together, written whole or not at all: all of them under temporary names first, then switched in
 * one go, which no signal and no other work of this process can come into the middle of. If that fails, what stood
 * there is put back. Killed in it, each single file is old or new. Node only.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { explainFileError } from './file-error.ts';
import {
  OutputFile,
  openExclusively,
  outputExists,
  type ExplainFailure,
  type OpenHandle,
  type OutputOptions,
} from './output-file.ts';
import { forgetTemporary, nameTemporary, removeLeftovers, removeTemporary } from './temporary-files.ts';

interface OutputFilesOptions {
  /** How failures are told [`E_FILE_*`, `E_DISK_FULL`]. */
  readonly explain?: ExplainFailure;
  readonly openHandle?: OpenHandle;
}

/** A file that has its final name, and how to go back. */
interface Placed {
  readonly file: OutputFile;
  /** What stood there, under a temporary name. */
  readonly kept: string | undefined;
}

/** What file systems say that have no hard links, or a kernel that forbids this one. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EINVAL', 'EACCES']);

export class OutputFiles {
  private readonly files: OutputFile[] = [];
  private readonly folders = new Set<string>();
  private readonly explain: ExplainFailure;
  private readonly openHandle: OpenHandle;

  constructor({ explain = explainWrite, openHandle = openExclusively }: OutputFilesOptions = {}) {
    this.explain = explain;
    this.openHandle = openHandle;
  }

  /**
   * Begins a file. What killed processes left in its folder is removed.
   *
   * @throws DalleError as `explain` has it, `E_OUTPUT_EXISTS`
   */
  async create(path: string, options: OutputOptions = {}): Promise<OutputFile> {
    const file = new OutputFile(path, options, this.openHandle, this.explain);
    this.files.push(file);
    const folder = dirname(file.target);
    if (!this.folders.has(folder)) await removeLeftovers(folder);
    this.folders.add(folder);
    return file;
  }

  /** `create`, all bytes, and `finish`. */
  async write(path: string, bytes: Uint8Array, options: OutputOptions = {}): Promise<void> {
    const file = await this.create(path, options);
    await file.write(bytes);
    await file.finish();
  }

  /**
   * Gives all files, which are finished, their names, in the order in which they were begun.
   *
   * @throws DalleError as `create`; then everything is as it was
   */
  commit(): void {
    const placed: Placed[] = [];
    for (const file of this.files) {
      const isLast = file === this.files.at(-1);
      try {
        // The last one may say that the others are there.
        if (isLast && placed.length > 0) this.syncFolders();
        placed.push(placeFile(file, !isLast));
      } catch (cause) {
        for (const one of placed.reverse()) restoreFile(one);
        throw this.explain(file.path, cause);
      }
    }
    this.syncFolders();
    for (const { kept } of placed) if (kept !== undefined) removeTemporary(kept);
  }

  /** Removes what was written and has not got its name. */
  async discard(): Promise<void> {
    for (const file of this.files) await file.discard();
  }

  private syncFolders(): void {
    for (const folder of this.folders) syncFolder(folder);
  }
}

/** One small file, whole; throws as `OutputFiles`. */
export async function writeWhole(
  path: string,
  bytes: Uint8Array,
  options: OutputOptions & OutputFilesOptions,
): Promise<void> {
  const outputs = new OutputFiles(options);
  try {
    await outputs.write(path, bytes, options);
    outputs.commit();
  } catch (error) {
    await outputs.discard();
    throw error;
  }
}

function explainWrite(path: string, cause: unknown): ReturnType<ExplainFailure> {
  return explainFileError('writeOutput', 'write', path, cause);
}

function placeFile(file: OutputFile, keepsOld: boolean): Placed {
  const { temporary, target } = file;
  if (file.place === 'new') {
    placeNew(file);
    return { file, kept: undefined };
  }
  const isThere = lstatSync(target, { throwIfNoEntry: false })?.isDirectory() === false;
  const kept = keepsOld && isThere ? keepOld(target) : undefined;
  try {
    renameSync(temporary, target);
  } catch (error) {
    if (kept !== undefined) removeTemporary(kept);
    throw error;
  }
  forgetTemporary(temporary);
  return { file, kept };
}

/** Unlike a renaming, a link never replaces what somebody has put there meanwhile. */
function placeNew({ path, temporary, target }: OutputFile): void {
  try {
    linkSync(temporary, target);
    removeTemporary(temporary);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const isThere = lstatSync(target, { throwIfNoEntry: false }) !== undefined;
    if (code === 'EEXIST' || isThere) throw outputExists(path);
    if (!NO_LINKS.has(code)) throw error;
    renameSync(temporary, target);
    forgetTemporary(temporary);
  }
}

/** A second name for what stands at a path; a copy where there are no hard links. */
function keepOld(target: string): string {
  const kept = nameTemporary(dirname(target));
  try {
    linkSync(target, kept);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    copyFileSync(target, kept, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
  return kept;
}

function restoreFile({ file, kept }: Placed): void {
  try {
    if (kept === undefined) return unlinkSync(file.target);
    renameSync(kept, file.target);
    forgetTemporary(kept);
  } catch {
    // The reason why it is done is the one to tell; what stood there keeps its temporary name.
    if (kept !== undefined) forgetTemporary(kept);
  }
}

/** Makes names last through a loss of power, where the system can. */
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
