/** Halves as they lie in memory, for what computes in floats. */
import { halfToFloatBits } from '../../base/half.ts';

export function widenHalves(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halfToFloatBits(halves[i]!);
  return new Float32Array(bits.buffer);
}
