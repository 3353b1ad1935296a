/**
 * Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"): words that look
 * like chance and are a function of a counter and a key alone. Draws of tokens, the order of data and the noise of
 * training all come of it; kernels of devices repeat it bit for bit (ops/random).
 */

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
