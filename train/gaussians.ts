/** Numbers of a normal distribution as a function of a seed and a name: what weights begin with. */
import { philox } from '../base/philox.ts';

/** "init": keeps these numbers apart from those of data and of noise. */
const INIT_KEY = 0x696e6974;

/**
 * `count` numbers of N(0, deviation²), by Box and Muller.
 * @param seed whole, 0 … 2³² − 1
 * @param place of the tensor among all of a run, whole, 0 … 2³² − 1: each has numbers of its own
 */
export function drawGaussians(seed: number, place: number, count: number, deviation: number): Float32Array {
  const numbers = new Float32Array(count);
  for (let at = 0; at < count; at += 2) {
    const [a, b] = philox([at / 2, place, 0, 0], [seed, INIT_KEY]) as [number, number];
    const radius = deviation * Math.sqrt(-2 * Math.log((a + 0.5) / 2 ** 32));
    const angle = (2 * Math.PI * b) / 2 ** 32;
    numbers[at] = radius * Math.cos(angle);
    if (at + 1 < count) numbers[at + 1] = radius * Math.sin(angle);
  }
  return numbers;
}
