/**
 * A folder that one process at a time works in. Each makes a lock file of its own name and then looks for others: if
 * there is one of a process that lives, it takes its own away again. So two may both step back, and try again after
 * times of their own, but never both go on, and the lock of a dead process hinders nobody. Who goes on says so in its
 * lock, and whoever reads that gives up at once. Node only.
 *
 * A lock also holds a note of what is about to happen. That of a killed process tells the next one what it left.
 */
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DalleError } from '../errors.ts';
import type { ExplainFailure } from './output-file.ts';
import { forgetTemporary, nameTemporary, readTemporaryName, removeTemporary } from './temporary-files.ts';

/** How often two that meet step back before one gives up, and for how long at most. */
const ATTEMPTS = 8;
const BREAK_MS = 120;
/** Bytes; ten thousand shards take less. */
const MAX_NOTE = 8e6;

/** What stands before the note. */
const HELD = 'held\n';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;

export interface FolderLock {
  /** Notes of killed processes, with the paths of their locks. */
  readonly left: readonly { readonly path: string; readonly note: string }[];
  /** Writes the note to the disk. From now on the lock outlives a process that is killed or ended by a signal. */
  note(text: string): void;
  release(): void;
}

/**
 * Takes a folder.
 *
 * @throws DalleError `E_OUTPUT_BUSY` while another process works in it, and what `explain` makes of other failures
 */
export async function lockFolder(folder: string, explain: ExplainFailure): Promise<FolderLock> {
  for (let attempt = 1; ; attempt++) {
    const lock = nameTemporary(folder, 'lock');
    const { fd, others } = await tryLock(folder, lock).catch((cause: unknown) => {
      forgetTemporary(lock);
      throw explain(folder, cause);
    });
    const living = others.filter(({ isLeft }) => !isLeft);
    if (living.length === 0) return holdLock(fd, lock, others);
    const held = living.find(({ path }) => readLock(path) !== '');
    closeSync(fd);
    removeTemporary(lock);
    if (held || attempt === ATTEMPTS) throw folderBusy(folder, (held ?? living[0]!).path);
    await sleep(BREAK_MS * Math.random());
  }
}

interface OtherLock {
  readonly path: string;
  readonly isLeft: boolean;
}

async function tryLock(folder: string, lock: string): Promise<{ fd: number; others: OtherLock[] }> {
  const fd = openSync(lock, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  const names = await readdir(folder);
  const others = names
    .filter((name) => name !== basename(lock) && readTemporaryName(name)?.kind === 'lock')
    .map((name) => ({ path: join(folder, name), isLeft: readTemporaryName(name)?.isLeft === true }));
  return { fd, others };
}

function holdLock(fd: number, lock: string, others: readonly OtherLock[]): FolderLock {
  writeFileSync(fd, HELD);
  return {
    left: others.map(({ path }) => ({ path, note: readLock(path).slice(HELD.length) })),
    note(text) {
      forgetTemporary(lock);
      writeFileSync(fd, text);
      fsyncSync(fd);
    },
    release() {
      closeSync(fd);
      removeTemporary(lock);
    },
  };
}

/** Empty where it is no lock of ours. */
function readLock(path: string): string {
  try {
    const fd = openSync(path, constants.O_RDONLY | O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      return stats.isFile() && stats.size <= MAX_NOTE ? readFileSync(fd, 'utf8') : '';
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

function folderBusy(folder: string, lock: string): DalleError {
  return new DalleError(
    'E_OUTPUT_BUSY',
    `lockFolder: another dalle-gl is writing into ${folder}, and nothing in it was touched. Wait until it has finished; if ` +
      `it was on another machine and is no more, remove ${basename(lock)} there.`,
  );
}
