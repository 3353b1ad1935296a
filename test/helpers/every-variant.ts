/**
 * Runs a property on every device variant, with cases of its own for each: shapes are many and shaders are slow to
 * compile, so variants are spread over cases instead of multiplying them.
 */
import fc from 'fast-check';
import type { WebGLDevice } from '../../engine/index.ts';
import { deviceVariants, openVariant } from './devices.ts';

const firstSeed = 20261123;

/** A failure prints the variant's name, the case and fast-check's seed. */
export async function checkOnEveryVariant<T>(
  cases: fc.Arbitrary<T>,
  check: (device: WebGLDevice, given: T) => Promise<void>,
  runsEach = 6,
): Promise<void> {
  for (const [index, variant] of deviceVariants.entries()) {
    const device = await openVariant(variant);
    const property = fc.asyncProperty(fc.constant(variant.name), cases, (_name, given) => check(device, given));
    await fc.assert(property, { numRuns: runsEach, seed: firstSeed + index });
  }
}
