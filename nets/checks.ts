/** Checks that the nets share: tokens on their way in, numbers on their way out. */
import { DalleError, ShapeError } from '../base/errors.ts';

/** Throws ShapeError `E_TOKEN` unless every token is a whole number below the size of its vocabulary. */
export function checkTokens(where: string, tokens: ArrayLike<number>, vocabulary: number, kind = 'token'): void {
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (Number.isInteger(token) && token >= 0 && token < vocabulary) continue;
    throw new ShapeError(
      'E_TOKEN',
      `${where}: ${kind} ${token} at position ${at} is outside 0 … ${vocabulary - 1}. Were the tokens made by another model?`,
    );
  }
}

/** The numbers. Throws DalleError `E_NOT_FINITE` if there is a NaN or an infinity among them. */
export function checkFinite(where: string, numbers: Float32Array): Float32Array {
  if (numbers.every(Number.isFinite)) return numbers;
  throw new DalleError(
    'E_NOT_FINITE',
    `${where}: what the net computed is not finite. Its weights, or the numbers it was given, hold NaN or Infinity: check ` +
      'them, and convert the checkpoint again.',
  );
}
