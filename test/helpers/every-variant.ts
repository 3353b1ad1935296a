/**
 * Runs a property on every device variant, with cases of its own for each: shapes are many and shaders are slow to
 * compile, so variants are spread over cases instead of multiplying them. The CPU compiles nothing and is given more.
 */
import fc from 'fast-check';
import type { Device } from '../../engine/index.ts';
import { openCpuTestDevice } from './cpu-device.ts';
import { deviceVariants, openVariant } from './devices.ts';

const firstSeed = 20261123;

/** How many cases the CPU computes for each of another variant. */
const CASES_OF_CPU = 8;

/** A failure prints the variant's name, the case and fast-check's seed. */
export async function checkOnEveryVariant<T>(
  cases: fc.Arbitrary<T>,
  check: (device: Device, given: T) => Promise<void>,
  runsEach = 6,
): Promise<void> {
  for (const [index, variant] of deviceVariants.entries()) {
    await checkOn(await openVariant(variant), variant.name, cases, check, runsEach, firstSeed + index);
  }
  await checkOnCpu(cases, check, runsEach);
}

/** The same on the CPU alone. */
export async function checkOnCpu<T>(
  cases: fc.Arbitrary<T>,
  check: (device: Device, given: T) => Promise<void>,
  runsEach = 6,
): Promise<void> {
  await checkOn(openCpuTestDevice(), 'CPU', cases, check, CASES_OF_CPU * runsEach, firstSeed - 1);
}

async function checkOn<T>(
  device: Device,
  name: string,
  cases: fc.Arbitrary<T>,
  check: (device: Device, given: T) => Promise<void>,
  numRuns: number,
  seed: number,
): Promise<void> {
  const property = fc.asyncProperty(fc.constant(name), cases, (_name, given) => check(device, given));
  await fc.assert(property, { numRuns, seed });
}
