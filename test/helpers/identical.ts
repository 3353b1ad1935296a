/**
 * Comparison for ops that move, choose or count numbers: every element the same, NaN where NaN is expected. Zeros of
 * either sign are equal.
 */
import { interpret, run } from '../../engine/index.ts';
import type { Device, Rule, Tensor } from '../../engine/index.ts';

const mostShown = 5;

/** Computes the tensor on the device and expects these row-major numbers. A failure names the kind of the device. */
export async function expectNumbers(
  device: Device,
  tensor: Tensor,
  expected: ArrayLike<number>,
  rules: readonly Rule[] = [],
): Promise<void> {
  const actual = await run(device, tensor, { rules });
  if (actual.length !== expected.length) {
    throw new Error(`${tensor.toString()} has ${actual.length} elements, expected ${expected.length}`);
  }
  const wrong = Array.from(actual.keys()).filter((index) => !isSame(actual[index]!, expected[index]!));
  if (wrong.length === 0) return;
  const shown = wrong.slice(0, mostShown).map((index) => `[${index}] ${actual[index]}, expected ${expected[index]}`);
  const what = `${tensor.toString()} on ${device.kind}`;
  throw new Error(`${what}: ${wrong.length} of ${actual.length} elements differ:\n${shown.join('\n')}`);
}

/** Expects the numbers of the float64 reference, exactly. */
export async function expectIdenticalToReference(
  device: Device,
  tensor: Tensor,
  rules: readonly Rule[] = [],
): Promise<void> {
  const [expected] = await interpret([tensor]);
  await expectNumbers(device, tensor, expected!, rules);
}

function isSame(actual: number, expected: number): boolean {
  return actual === expected || (Number.isNaN(actual) && Number.isNaN(expected));
}
