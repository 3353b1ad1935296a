/** Checks that the nets share: tokens on their way in, numbers on their way out. */
import { checkArchitecture } from './net-kinds.ts';
import { checkList, checkObject, checkFunction, checkView } from '../base/check-argument.ts';
import { checkOptions, checkRunOptions } from '../base/check-options.ts';
import { DalleError, ShapeError } from '../base/errors.ts';
import type { NetArchitecture } from './net-kinds.ts';
import type { TokenTransformer } from './token-transformer.ts';
import { checkPrecision, type WeightTree } from './weight-tree.ts';
import { checkDevice, checkTensor } from '../engine/index.ts';

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

/**
 * How many texts there are of so many tokens each. Throws UsageError `E_ARGUMENT`, ShapeError `E_SHAPE`, and `E_TOKEN`
 * for a token beyond its vocabulary.
 */
export function countTexts(where: string, text: Int32Array, positions: number, vocabulary: number): number {
  checkView(where, 'text', text, [Int32Array]);
  if (text.length === 0 || text.length % positions !== 0) {
    throw new ShapeError(
      'E_SHAPE',
      `${where}: text must be rows of ${positions} tokens, got ${text.length}. prepareText makes them.`,
    );
  }
  checkTokens(where, text, vocabulary, 'text token');
  return text.length / positions;
}

/** The tokens of a picture for each text. Throws UsageError `E_ARGUMENT`, ShapeError `E_SHAPE`, `E_TOKEN`. */
export function checkImageTokens(
  where: string,
  image: Int32Array,
  texts: number,
  { grid, imageVocabulary }: Pick<TokenTransformer, 'grid' | 'imageVocabulary'>,
): void {
  checkView(where, 'image', image, [Int32Array]);
  const wanted = texts * grid[0] * grid[1];
  if (image.length !== wanted) {
    throw new ShapeError(
      'E_SHAPE',
      `${where}: image must hold ${wanted} tokens, a grid of ${grid[0]} × ${grid[1]} for each text, got ${image.length}.`,
    );
  }
  checkTokens(where, image, imageVocabulary);
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
  if (options !== undefined) checkRunOptions(where, options);
}

/** Options of a model, which name its device. Throws UsageError `E_ARGUMENT`, ShapeError `E_ATTRIBUTE`. */
export function checkModelOptions(where: string, options: ModelOptions): void {
  checkLoadOptions(where, options);
  checkDevice(where, options.device);
}

/** The same where a device may be left out. */
export function checkLoadOptions(where: string, options: ModelOptions): void {
  checkOptions(where, options);
  if (options.device !== undefined) checkDevice(where, options.device);
  checkPrecision(where, options.precision);
}

interface ModelOptions {
  readonly device?: unknown;
  readonly precision?: unknown;
}

/** What a net's program takes. Throws UsageError `E_ARGUMENT`, FormatError `E_ARCHITECTURE`. */
export function checkProgram(where: string, architecture: NetArchitecture, weights: WeightTree, x: unknown): void {
  checkArchitecture(where, architecture);
  checkObject(where, 'weights', weights);
  checkFunction(where, 'weights.get', weights.get);
  checkTensor(where, x);
}
