/** Halves as they lie in memory, 2 bytes each, and as floats. */
import { floatBitsToHalf, halfToFloatBits } from '../../base/half.ts';
import type { NumericArray } from '../op.ts';

export function widenHalves(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halfToFloatBits(halves[i]!);
  return new Float32Array(bits.buffer);
}

export function narrowToHalves(numbers: NumericArray): Uint16Array {
  const floats = numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = floatBitsToHalf(bits[i]!);
  return halves;
}
