/**
 * Runs a property on every device variant, with cases of its own for each: shapes are many and shaders are slow to
 * compile, so variants are spread over cases instead of multiplying them.
 */
import fc from 'fast-check';
import type { CpuDevice, WebGLDevice } from '../../engine/index.ts';
import { openCpuTestDevice } from './cpu-device.ts';
import { deviceVariants, openVariant } from './devices.ts';

const firstSeed = 20261123;
/** The CPU compiles nothing, so it can try more. */
const RUNS_ON_CPU = 30;

/** A failure prints the variant's name, the case and fast-check's seed. */
export async function checkOnEveryVariant<T>(
  cases: fc.Arbitrary<T>,
  check: (device: WebGLDevice | CpuDevice, given: T) => Promise<void>,
  runsEach = 6,
): Promise<void> {
  await checkOnWebGL(cases, check, runsEach);
  const onCpu = fc.asyncProperty(fc.constant('CPU'), cases, (_name, given) => check(openCpuTestDevice(), given));
  await fc.assert(onCpu, { numRuns: RUNS_ON_CPU, seed: firstSeed + deviceVariants.length });
}

/** The same on WebGL alone, for what is said of textures, shaders and its rules. */
export async function checkOnWebGL<T>(
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
