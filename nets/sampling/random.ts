/**
 * Random numbers that are a function of a seed and an index, with no state in between: Philox4x32-10 (Salmon, Moraes,
 * Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"), which PyTorch and cuRAND have too. The token at a
 * position is drawn with the same number whatever was drawn before it, beside it, or not at all.
 *
 * Whole numbers only, so every machine has the same. Pure, but for the seed that nobody named.
 */
import { argumentError } from '../../base/check-argument.ts';

export interface Random {
  readonly seed: number;
  /** The next number, uniform in [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number;
}

/** Seeds are 0 … 2³² − 1. */
export const SEEDS: number = 2 ** 32;

/** A seed for whoever names none: of the machine's own chance, so that two calls draw two pictures. */
export function chooseSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

function checkSeed(where: string, seed: unknown): void {
  if (Number.isInteger(seed) && Number(seed) >= 0 && Number(seed) < SEEDS) return;
  throw argumentError(where, `seed, a whole number from 0 to ${SEEDS - 1}`, seed);
}

/** Numbers one after the other: `uniformAt(seed, 0)`, `uniformAt(seed, 1)`, … */
export function createRandom(seed: number): Random {
  checkSeed('createRandom', seed);
  let index = 0;
  return { seed, uniform: () => uniformAt(seed, index++) };
}

/**
 * The random number of a seed at an index, uniform in [0, 1), a multiple of 2⁻⁵³.
 *
 * @param seed integer 0 … 2³² − 1
 * @param index integer 0 … 2⁵³ − 1
 */
export function uniformAt(seed: number, index: number): number {
  checkSeed('uniformAt', seed);
  if (!Number.isSafeInteger(index) || index < 0) throw argumentError('uniformAt', 'index, a whole number', index);
  const [high, low] = philox([index >>> 0, Math.floor(index / 2 ** 32), 0, 0], [seed, 0]);
  return ((high! >>> 5) * 2 ** 26 + (low! >>> 6)) / 2 ** 53;
}

/** The seed of one of several candidates: seed + candidate, and after 2³² − 1 comes 0. */
export function candidateSeed(seed: number, candidate: number): number {
  checkSeed('candidateSeed', seed);
  if (!Number.isSafeInteger(candidate) || candidate < 0) {
    throw argumentError('candidateSeed', 'candidate, a whole number', candidate);
  }
  return (seed + candidate) % SEEDS;
}

/** Philox4x32-10: four words from a counter of four and a key of two, all unsigned. */
export function philox(counter: readonly number[], key: readonly number[]): number[] {
  let [a, b, c, d] = counter as [number, number, number, number];
  let [first, second] = key as [number, number];
  for (let round = 0; round < 10; round++) {
    const [left, right] = [0xd2511f53, 0xcd9e8d57];
    [a, b, c, d] = [
      (multiplyHigh(right, c) ^ b ^ first) >>> 0,
      Math.imul(right, c) >>> 0,
      (multiplyHigh(left, a) ^ d ^ second) >>> 0,
      Math.imul(left, a) >>> 0,
    ];
    first = (first + 0x9e3779b9) >>> 0;
    second = (second + 0xbb67ae85) >>> 0;
  }
  return [a, b, c, d];
}

/** The upper 32 of the 64 bits of a product of unsigned words, in halves that a float64 holds exactly. */
function multiplyHigh(x: number, y: number): number {
  const [upper, lower] = [x >>> 16, x & 0xffff];
  // Below 2⁴⁸ each, and below 2⁵⁰ with what is carried.
  return Math.floor((upper * y + Math.floor((lower * y) / 2 ** 16)) / 2 ** 16);
}
