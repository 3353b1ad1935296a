/**
 * Numbers for nets of published sizes without the published files: a documented integer generator that is bit-equal in
 * any language. What a net makes of the integers is written down where its file is written (clip.mjs, vqgan.mjs).
 *
 * All arithmetic on `u32` wraps modulo 2^32, and `mix` is that of weights-convert/families/openai/official-size.ts. The
 * integer of element i, in row-major order, of a tensor whose stream is `stream`:
 *
 *     h(i) = mix(mix(i XOR stream) + stream)
 */

/** The hash of the recipe: 32 bits to 32 bits. */
export function mix(value) {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Float32 numbers of a shape, row-major, each made of its h. */
export function generate(stream, shape, makeValue) {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) values[i] = makeValue(mix((mix(i ^ stream) + stream) | 0));
  return values;
}

/** The largest integer e with 3·g·4^e ≤ 2·f: numbers uniform in [−2^−e, 2^−e) have a variance of about g / f. */
export function findExponent(g, f) {
  let exponent = -32;
  while (3 * g * 4 ** (exponent + 1) <= 2 * f) exponent++;
  return exponent;
}
