/**
 * What the system says when a file cannot be had, in words a person can act on, with a stable code.
 */
import { AbortedError, DalleError, FormatError } from '../errors.ts';

/** System code → our code, what is the matter, and what to do. */
const EXPLANATIONS: Readonly<Record<string, readonly [code: string, matter: string, advice: string]>> = {
  ENOENT: ['E_FILE_MISSING', 'it does not exist', 'Check the spelling, and that you are in the folder you think.'],
  ENOTDIR: ['E_FILE_MISSING', 'a part of its path is a file, not a folder', 'Check the path.'],
  ENXIO: ['E_FILE_KIND', 'it is a socket or a device without a driver', 'Name a file.'],
  EISDIR: ['E_FILE_IS_DIRECTORY', 'it is a folder', 'Name a file inside it.'],
  EACCES: ['E_FILE_PERMISSION', 'you have no permission', 'Change its permissions, or choose another place.'],
  EPERM: ['E_FILE_PERMISSION', 'you have no permission', 'Change its permissions, or choose another place.'],
  EROFS: ['E_FILE_PERMISSION', 'its disk is read-only', 'Choose another place.'],
  ENOSPC: ['E_DISK_FULL', 'its disk is full', 'Free some space, or choose another place.'],
  EDQUOT: ['E_DISK_FULL', 'your disk quota is used up', 'Free some space, or choose another place.'],
  ENAMETOOLONG: ['E_FILE_NAME', 'its name is too long', 'Choose a shorter name.'],
  ERR_INVALID_ARG_VALUE: ['E_FILE_NAME', 'its name has a zero byte in it', 'Check the path.'],
  ELOOP: ['E_FILE_MISSING', 'its symbolic links lead round in a circle', 'Check the links.'],
  EPIPE: ['E_PIPE_CLOSED', 'its reader has gone', 'The command after the pipe probably ended early; look there.'],
};

/**
 * The error to throw when `caller` could not `action` ("read", "write") the file called `name`. Errors of ours and
 * aborts pass through as themselves.
 */
export function explainFileError(caller: string, action: 'read' | 'write', name: string, error: unknown): DalleError {
  if (error instanceof DalleError) return error;
  if (error instanceof Error && error.name === 'AbortError') return abortedError(caller, name);
  const system = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (system === 'ENOENT' && action === 'write') return missingFolder(caller, name, error);
  const words = error instanceof Error ? error.message : String(error);
  const [code, matter, advice] = EXPLANATIONS[system] ?? ['E_FILE_IO', words, 'Check the disk, then try again.'];
  return new FormatError(code, `${caller}: wanted to ${action} ${name}, but ${matter}. ${advice}`, { cause: error });
}

function missingFolder(caller: string, name: string, cause: unknown): FormatError {
  return new FormatError(
    'E_FILE_MISSING',
    `${caller}: wanted to write ${name}, but its folder does not exist. Check the spelling, or make the folder first.`,
    { cause },
  );
}

export function abortedError(caller: string, name: string): AbortedError {
  return new AbortedError('E_ABORTED', `${caller}: stopped at ${name} because the caller aborted it.`);
}
