/** Where weights are to be written: what stands there, and a failure in words. */
import { lstatSync, type Stats } from 'node:fs';
import { DalleError } from '../../base/errors.ts';

/** A full disk is the likely one. */
export function describeWriteFailure(path: string, cause: unknown): DalleError {
  if (cause instanceof DalleError) return cause;
  const reason = (cause as NodeJS.ErrnoException).code;
  if (reason === 'ENOSPC' || reason === 'EDQUOT') {
    const message = `writeWeights: the disk is full; ${path} could not be written and nothing was left. Free some space.`;
    return new DalleError('E_DISK_FULL', message, { cause });
  }
  const message =
    `writeWeights: ${path} cannot be written (${reason ?? String(cause)}); nothing was left. Check that the folder ` +
    `exists and may be written to.`;
  return new DalleError('E_WRITE', message, { cause });
}

/** What stands at a path, be it a link; undefined if nothing. Throws as `describeWriteFailure`. */
export function lookAtPlace(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw describeWriteFailure(path, cause);
  }
}
