/**
 * How a command fails: one paragraph for people, an exit code for scripts, and with `--json` the one object they wait
 * for. A stack trace is printed only for a bug, which is anything that is not a DalleError.
 */
import { AbortedError, DalleError, UnsafeFileError, UsageError } from '../base/errors.ts';
import { printJson, say, type Terminal } from './terminal.ts';

/** 2 the words typed, 3 a file that names a way to run code, 130 interrupted, 1 everything else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  if (error instanceof UnsafeFileError) return 3;
  return error instanceof AbortedError ? 130 : 1;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** The same for a machine. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof DalleError) return { code: error.code, message: error.message };
  return { code: 'E_BUG', message: error instanceof Error ? error.message : String(error) };
}

/**
 * Tells a person.
 *
 * @param about which of several failed, with a colon, where the message does not know it
 */
export function sayFailure(terminal: Terminal, error: unknown, about = ''): void {
  if (error instanceof AbortedError) {
    return say(terminal, `dalle-gl: interrupted; what was finished stays, and nothing else was left. (${error.code})`);
  }
  if (error instanceof DalleError) return say(terminal, `dalle-gl: ${about}${error.message} (${error.code})`);
  say(terminal, 'dalle-gl: this is a bug of dalle-gl; please report it with the lines below. (E_BUG)', ...trace(error));
}

/** What was thrown, in one line, and where. */
function trace(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const { name, message, stack = '' } = error;
  // A stack begins with the message, which may have line breaks of a foreign name.
  const places = stack.slice(stack.indexOf(message) + message.length).split('\n');
  return [`${name}: ${message}`, ...places.filter((place) => place !== '')];
}

/**
 * Some of several files failed, each told already: what is left is the exit code, that of the first.
 * Thrown only by commands that go on after a file that fails.
 */
export class ReportedFailure extends Error {
  readonly exitCode: number;

  constructor(first: unknown, exitCode: number = exitCodeOf(first)) {
    super('reported already', { cause: first });
    this.exitCode = exitCode;
  }
}

/** Tells person and machine, and returns the exit code. */
export function fail(terminal: Terminal, error: unknown, json: boolean): number {
  if (error instanceof ReportedFailure) return error.exitCode;
  sayFailure(terminal, error);
  if (json) printJson(terminal, { error: describeFailure(error) });
  return exitCodeOf(error);
}
