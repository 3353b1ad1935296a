/** Random numbers that are the same for the same seed on every machine (mulberry32). */
export class Random {
  #state;

  /** @param {number} seed a whole number below 2^32 */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick(items) {
    return items[this.below(items.length)];
  }
}
