/**
 * Numbers that look random and are the same in every run: a test names its seed, and a failure that prints
 * `random.seed` can be had again. The generator is sfc32 (Doty-Humphrey), filled from the seed by splitmix32.
 */

export interface Random {
  readonly seed: number;
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Standard normal. */
  gaussian(): number;
  /** Uniform integer in [low, high], both included. */
  integer(low: number, high: number): number;
  /** `length` standard normal values, times `scale`, rounded to float32. */
  gaussians(length: number, scale?: number): Float32Array;
  /** `length` integers in [low, high], both included. */
  integers(length: number, low: number, high: number): Int32Array;
}

/** @param seed any integer; only its low 32 bits count */
export function createRandom(seed: number): Random {
  const next = sfc32(seed);
  const uniform = (): number => next() / 2 ** 32;
  const integer = (low: number, high: number): number => low + Math.floor(uniform() * (high - low + 1));
  // Box–Muller; 1 - u keeps the logarithm's argument above zero.
  const gaussian = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    seed,
    uniform,
    gaussian,
    integer,
    gaussians: (length, scale = 1) => Float32Array.from({ length }, () => scale * gaussian()),
    integers: (length, low, high) => Int32Array.from({ length }, () => integer(low, high)),
  };
}

function sfc32(seed: number): () => number {
  const fill = splitmix32(seed);
  let [a, b, c, counter] = [fill(), fill(), fill(), 1];
  return () => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return x ^ (x >>> 15);
  };
}
