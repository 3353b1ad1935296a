/**
 * A shuffled order without a shuffle: a permutation of 0 … count − 1 as a function of a key, so that the sample at any
 * place of any epoch is known at once, and nothing is stored. A Feistel network (Luby and Rackoff 1988) whose rounds
 * are Philox permutes a power of four of numbers; those that fall outside walk on until they are inside (cycle walking,
 * Black and Rogaway 2002).
 *
 * Pure: runs in Node and in the browser.
 */
import { drawWords, type DrawKey } from './draws.ts';

const ROUNDS = 8;
/** Fewer bits make a network whose permutations are not all alike likely. */
const LEAST_HALF_BITS = 3;

/**
 * What is at `place` of the shuffled order.
 *
 * @param place 0 … count − 1
 * @param count 1 … 2³¹
 */
export function permute(place: number, count: number, key: DrawKey): number {
  const bits = Math.max(LEAST_HALF_BITS, Math.ceil(Math.log2(count) / 2));
  let value = place;
  do value = mix(value, bits, key);
  while (value >= count);
  return value;
}

function mix(value: number, bits: number, key: DrawKey): number {
  const mask = 2 ** bits - 1;
  let [left, right] = [value >>> bits, value & mask];
  for (let round = 0; round < ROUNDS; round++) {
    [left, right] = [right, left ^ (drawWords('order', key, right, round)[0]! & mask)];
  }
  return left * 2 ** bits + right;
}
