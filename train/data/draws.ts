/**
 * Chance in data as a pure function: of the run's seed, the epoch, the sample and what it is for, by Philox. Nothing
 * has a state, so a run that goes on after a stop shows the pictures that it would have shown.
 *
 * Pure: runs in Node and in the browser.
 */
import { philox } from '../../base/philox.ts';

/** What a number is for: no two uses share one. */
const uses = { order: 0, crop: 1, caption: 2, replacement: 3, validation: 4, guidance: 5, merges: 6 } as const;

type Use = keyof typeof uses;

/** "data": keeps these numbers apart from those of noise and of tokens, whose second word of the key is another. */
const DATA_KEY = 0x64617461;

/** What a draw depends on. */
export interface DrawKey {
  /** Whole, 0 … 2³² − 1. */
  readonly seed: number;
  /** Whole, 0 … 2³² − 1. */
  readonly epoch: number;
}

/** Four words of 32 bits of chance. */
export function drawWords(use: Use, { seed, epoch }: DrawKey, index: number, attempt = 0): number[] {
  return philox([index >>> 0, epoch >>> 0, uses[use], attempt >>> 0], [seed >>> 0, DATA_KEY]);
}

/** Four numbers in [0, 1), each a multiple of 2⁻³². */
export function drawUniforms(use: Use, key: DrawKey, index: number, attempt = 0): number[] {
  return drawWords(use, key, index, attempt).map((word) => word / 2 ** 32);
}

/** A number in [0, 1) of a text, such as the id of a sample: four letters (UTF-16) a round, each with all before it. */
export function drawOfText(use: Use, seed: number, text: string): number {
  let words = drawWords(use, { seed, epoch: 0 }, text.length);
  for (let at = 0; at < text.length; at += 4) {
    // Behind the end there is NaN, and NaN ^ word is the word.
    const mixed = words.map((word, lane) => (word ^ text.charCodeAt(at + lane)) >>> 0);
    words = philox(mixed, [seed >>> 0, DATA_KEY]);
  }
  return words[0]! / 2 ** 32;
}
