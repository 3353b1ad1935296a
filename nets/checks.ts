/** Checks that the nets share: tokens on their way in, numbers on their way out. */
import { argumentError, checkEach, checkList, checkObject } from '../base/check-argument.ts';
import { DalleError, ShapeError } from '../base/errors.ts';
import { checkDevice } from '../engine/index.ts';

/** Throws ShapeError `E_TOKEN` unless every token is a whole number below the size of its vocabulary. */
export function checkTokens(where: string, tokens: ArrayLike<number>, vocabulary: number, kind = 'token'): void {
  checkList(where, `${kind}s`, tokens);
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (Number.isInteger(token) && token >= 0 && token < vocabulary) continue;
    throw new ShapeError(
      'E_TOKEN',
      `${where}: ${kind} ${String(token)} at position ${at} is outside 0 … ${vocabulary - 1}. Were the tokens made by another model?`,
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

/** Options that may be left out. Throws UsageError `E_ARGUMENT`. */
export function checkOptional(where: string, options: unknown): void {
  if (options !== undefined) checkObject(where, 'options', options);
}

/** Options of a model, which name its device. Throws UsageError `E_ARGUMENT`. */
export function checkModelOptions(where: string, options: { readonly device: unknown }): void {
  checkObject(where, 'options', options);
  checkDevice(where, options.device);
}

/** Weights that were opened. Throws UsageError `E_ARGUMENT`. */
export function checkWeights(where: string, weights: unknown): void {
  checkObject(where, 'weights', weights);
  const { architecture, tensors } = weights as { architecture?: { kind?: unknown }; tensors?: unknown };
  if (typeof architecture?.kind === 'string' && typeof tensors === 'object' && tensors !== null) return;
  throw argumentError(where, 'weights, as `openWeights` gives them', weights);
}

/** Whole numbers of a list, such as a grid. */
export function checkGrid(where: string, grid: unknown): void {
  checkEach(where, 'grid', 'a whole number from 1 to 4096', grid, (size) => {
    return Number.isInteger(size) && Number(size) >= 1 && Number(size) <= 4096;
  });
  if ((grid as ArrayLike<number>).length !== 2) throw argumentError(where, 'grid, [rows, columns]', grid);
}
