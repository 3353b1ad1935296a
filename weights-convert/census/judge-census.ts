/**
 * What a census comes to: names that run code, calls of names that nobody here knows, pickles that break, bytes that
 * are nothing. The worst of them is what a command fails with.
 */
import { FormatError } from '../../base/errors.ts';
import { classifyGlobal, gadgetError, unknownCallError, type GlobalStatus } from './globals.ts';
import type { Census } from './take-census.ts';
import type { NameUse } from './found-pickle.ts';

/** What is known of a name as a pickle uses it. */
export function judgeUse({ record, isAnswered }: NameUse): GlobalStatus {
  return isAnswered ? 'allowed' : classifyGlobal(record);
}

/**
 * The worst that can be said of a file's pickles.
 *
 * @returns UnsafeFileError `E_PICKLE_EXEC_ATTEMPT`; FormatError `E_PICKLE_UNKNOWN_CALL`, then the code of a pickle that
 *   breaks off, then `E_PICKLE_TRAILING`; undefined if all is well
 */
export function judgeCensus(census: Census, sourceName: string): FormatError | undefined {
  const { pickles, unexplained } = census;
  return findUnsafe(census, sourceName) ?? pickles.find(({ failure }) => failure)?.failure ?? judgeRest(unexplained);

  function judgeRest(bytes: number): FormatError | undefined {
    return bytes === 0 ? undefined : trailingError(bytes, sourceName);
  }
}

/** A name that runs code, or else a call of one that is not known. */
export function findUnsafe({ pickles }: Census, sourceName: string): FormatError | undefined {
  const uses = pickles.flatMap(({ names }) => [...names.values()]);
  const judged = uses.map((use) => ({ use, status: judgeUse(use) }));
  const gadgets = judged.filter(({ status }) => status === 'runs code');
  if (gadgets.length > 0)
    return gadgetError(
      gadgets.map(({ use }) => use.record),
      sourceName,
    );
  const calls = judged.filter(({ use, status }) => status === 'unknown' && use.calls > 0);
  return calls.length > 0
    ? unknownCallError(
        calls.map(({ use }) => use.record),
        sourceName,
      )
    : undefined;
}

function trailingError(bytes: number, sourceName: string): FormatError {
  return new FormatError(
    'E_PICKLE_TRAILING',
    `inspectFile: ${bytes} bytes of ${sourceName}, behind or between its pickles, are neither a pickle nor zeros. What ` +
      `they are for cannot be told: other data that a program appended, damage, or something hidden. Ask whoever made ` +
      `the file.`,
  );
}
