/**
 * The folder of a model while one conversion has it: made if need be, locked from before the sources are read until the
 * model is there, and cleaned of what killed conversions left.
 */
import { lockFolder, type FolderLock } from '../../base/node/folder-lock.ts';
import { makeFolders, removeFolders } from '../../base/node/output-folder.ts';
import { removeLeftovers } from '../../base/node/temporary-files.ts';
import { inspectTarget, type TargetOptions } from './model-target.ts';
import { finishReplacements } from './replacement-note.ts';
import { describeWriteFailure } from './write-failure.ts';

/**
 * Does some work while the folder is its own; if that fails, a folder that was made here is removed again.
 *
 * @throws as `inspectTarget`, before anything is touched; DalleError `E_OUTPUT_BUSY`, `E_DISK_FULL`, `E_WRITE`
 */
export async function withModelFolder<Result>(
  options: TargetOptions,
  work: (lock: FolderLock) => Promise<Result>,
): Promise<Result> {
  const { out } = options;
  await inspectTarget(options, false);
  const created = await makeFolders(out, describeWriteFailure);
  try {
    const lock = await lockFolder(out, describeWriteFailure);
    try {
      await removeLeftovers(out);
      await finishReplacements(out, lock);
      await inspectTarget(options, true);
      return await work(lock);
    } finally {
      lock.release();
    }
  } catch (error) {
    await removeFolders(out, created);
    throw error;
  }
}
