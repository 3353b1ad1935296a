/** A conversion reads several files: what is wrong with one says which. Whoever reads one file leaves its name out. */
import { FormatError, UnsafeFileError } from '../../base/errors.ts';

/** Does work on a file, and puts the file's name before an error that is without it. */
export async function inFile<Result>(name: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const isVague =
      error instanceof FormatError && !(error instanceof UnsafeFileError) && !error.message.includes(name);
    throw isVague ? new FormatError(error.code, `${name}: ${error.message}`, { cause: error }) : error;
  }
}
