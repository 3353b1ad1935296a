/**
 * What draws the tokens of a picture from a text: the seam between drawing, which picks tokens, and whatever net says
 * how likely each of them is. The paper's transformer and its relatives are such nets, with and without an encoder of
 * their own for the text. Nobody but the net knows what surrounds the words of a text: start, end and pads.
 *
 * S texts, B candidates (a multiple of S), H × W grid of tokens, V image tokens.
 */
import { argumentError, checkFunction, checkObject } from '../base/check-argument.ts';
import type { RunOptions } from '../ops/index.ts';
import type { NetsByPart } from './net-kinds.ts';
import type { PrepareTextOptions } from './tokenizer/prepare-text.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

/** A text as the net reads it, and what it reads in its place for guidance: both i32, one row each, of one length. */
export interface TextRows {
  readonly text: Int32Array;
  readonly emptyText: Int32Array;
}

/** A net that tells how likely each next token of a picture is, whatever its kind. */
export interface TokenTransformer {
  readonly architecture: NetsByPart['transformer'];
  /** Rows and columns of tokens that it draws. */
  readonly grid: readonly [number, number];
  /** Image tokens that it draws from, V. */
  readonly imageVocabulary: number;
  /** Ids of words are below it. */
  readonly textVocabulary: number;
  /** Bytes that the caches of one candidate take. */
  readonly cacheBytes: number;
  readonly isDisposed: boolean;
  /** @throws UsageError `E_TEXT_TOO_LONG`; ShapeError `E_TOKEN` for a tokenizer of another model */
  prepareText(tokenizer: Tokenizer, text: string, options?: PrepareTextOptions): Promise<TextRows>;
  /**
   * Logits of every image token given the text and the image tokens before it.
   * @param text rows of `prepareText`, one after the other, S of them
   * @param image i32 [S, H·W]
   * @returns [S, H·W, V], row-major
   */
  imageLogits(text: Int32Array, image: Int32Array, options?: RunOptions): Promise<Float32Array>;
  /** Reads S texts and makes ready to draw `batch` candidates, the same number for each, those of the first first. */
  begin(text: Int32Array, batch: number, options?: RunOptions): Promise<TokenDecoding>;
  /** Frees what is on the device, and closes its files, once work under way is done. */
  dispose(): Promise<void>;
}

/** A batch of candidates that is drawn token by token. */
export interface TokenDecoding {
  /** Logits of the first image token of every candidate, [B, V]. */
  readonly first: Float32Array;
  /** Gives each candidate its next token, [B] → logits of the one after it, [B, V]. */
  step(tokens: Int32Array, options?: RunOptions): Promise<Float32Array>;
  /** The same, but the best token is picked by the device: tokens [B], and the logarithms of their probabilities. */
  stepGreedy(tokens: Int32Array, options?: RunOptions): Promise<GreedyTokens>;
  /** Gives every candidate the same W tokens, a row of the grid → logits of the one after them, [B, V]. */
  readRow(tokens: Int32Array, options?: RunOptions): Promise<Float32Array>;
  /** Lets its plans go, once a step under way is done. */
  dispose(): void;
}

/** The likeliest token of each candidate [B], and the logarithm of its probability. */
export interface GreedyTokens {
  readonly tokens: Int32Array;
  readonly logProbability: Float32Array;
}

/** Throws UsageError `E_ARGUMENT` for what is no such net. */
export function checkTokenTransformer(where: string, transformer: TokenTransformer): void {
  checkObject(where, 'a transformer', transformer);
  for (const name of ['prepareText', 'imageLogits', 'begin', 'dispose'] as const) {
    checkFunction(where, `the transformer's ${name}`, transformer[name]);
  }
  const { grid } = transformer;
  if (Array.isArray(grid) && grid.length === 2 && grid.every((side) => Number.isSafeInteger(side) && side >= 1)) return;
  throw argumentError(where, "the transformer's grid, rows and columns", grid);
}
