/**
 * Random numbers that are a function of a seed and an index, with no state in between: Philox4x32-10 (Salmon, Moraes,
 * Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"), which PyTorch and cuRAND have too. The token at a
 * position is drawn with the same number whatever was drawn before it, beside it, or not at all.
 *
 * Whole numbers only, so every machine has the same. Pure, but for the seed that nobody named.
 */
import { argumentError } from '../../base/check-argument.ts';
import { philox } from '../../base/philox.ts';

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
