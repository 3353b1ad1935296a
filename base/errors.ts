/**
 * What every failure of dalle-gl is: a class one can catch, with a `code` that never changes meaning, and one
 * paragraph that says which function failed, what it wanted, what came, the likely cause and what to do.
 *
 * Codes are upper case and start with `E_`; docs/errors.md lists them. Pure: imports nothing.
 */

/** Base of all errors thrown on purpose by dalle-gl. Anything else that escapes is a bug. */
export class DalleError extends Error {
  /** Stable, machine-readable name of the failure, such as `E_SHAPE`. */
  readonly code: string;
  /** Written out in every class: a minifier renames classes, and strings it leaves alone. */
  override readonly name: string = 'DalleError';

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The words of a call or a command line were wrong: unknown flag, missing or out-of-range value. Exit code 2. */
export class UsageError extends DalleError {
  override readonly name: string = 'UsageError';
}

/** Shapes, dtypes or attributes that an op cannot take. Always `E_SHAPE`, `E_DTYPE`, `E_ATTRIBUTE` or `E_GRADIENT`. */
export class ShapeError extends DalleError {
  override readonly name: string = 'ShapeError';
}

/** No usable device, or one that lacks or loses what the engine needs (`E_GL_*`, `E_WASM_*`, `E_WORKER`). */
export class ContextError extends DalleError {
  override readonly name: string = 'ContextError';
}

/** Memory that cannot be had (`E_MEMORY`). */
export class MemoryError extends DalleError {
  override readonly name: string = 'MemoryError';
}

/** A file, stream or download that is missing, broken, oversized or of an unknown kind. Exit code 1. */
export class FormatError extends DalleError {
  override readonly name: string = 'FormatError';
}

/** A pickle that names a known way to run code (`E_PICKLE_EXEC_ATTEMPT`). It could not have run; exit code 3. */
export class UnsafeFileError extends FormatError {
  override readonly name: string = 'UnsafeFileError';
}

/** The caller's `AbortSignal` fired (`E_ABORTED`). Exit code 130 when a person interrupted. */
export class AbortedError extends DalleError {
  override readonly name: string = 'AbortedError';
}
