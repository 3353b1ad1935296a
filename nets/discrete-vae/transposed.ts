/**
 * A transposed 4×4 convolution of stride 2 and padding 1 as an ordinary 3×3 one with four times the channels, whose
 * result `pixelShuffle` turns into pixels. Exact: the same products, beside 20 of 36 taps that are zero. Winograd more
 * than makes up for those, and no device needs a kernel of its own.
 */
import type { TensorData } from '../weights.ts';
import type { DiscreteVaeDecoderArchitecture } from './architecture.ts';
import { placesOf } from './tensors.ts';

type Tensors = ReadonlyMap<string, TensorData>;

/** What the 3×3 form of a transposed convolution is called. */
export function transposedName(path: string): string {
  return `${path}.as_3x3`;
}

/** The tensors of a decoder and the 3×3 form of its transposed convolutions, each made when a plan first uploads it. */
export function deriveTransposed(architecture: DiscreteVaeDecoderArchitecture, tensors: Tensors): Tensors {
  const derived = new Map(tensors);
  const { firstLayer, last } = placesOf(architecture);
  for (let layer = firstLayer; layer < last; layer++) {
    const path = `decoder.${layer}.0`;
    const [kernel, bias] = ['weight', 'bias'].map((kind) => tensors.get(`${path}.${kind}`)!) as [
      TensorData,
      TensorData,
    ];
    const [inputs, outputs] = kernel.shape as [number, number];
    derived.set(`${transposedName(path)}.weight`, {
      shape: [4 * outputs, inputs, 3, 3],
      dtype: kernel.dtype,
      read: async () => spreadKernel(await kernel.read(), inputs, outputs),
    });
    derived.set(`${transposedName(path)}.bias`, {
      shape: [4 * outputs],
      dtype: bias.dtype,
      read: async () => repeat(await bias.read(), 4),
    });
  }
  return derived;
}

/**
 * [I, O, 4, 4] → [4·O, I, 3, 3], channel 4·o + 2·dy + dx for the pixel (dy, dx) of a square. Tap ky of the transposed
 * one brings a number to row 2·y − 1 + ky, so pixel dy takes it from row y + (dy + 1 − ky)/2, where that is whole.
 */
function spreadKernel(kernel: Float32Array, inputs: number, outputs: number): Float32Array {
  const spread = new Float32Array(4 * outputs * inputs * 9);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      for (let tap = 0; tap < 16; tap++) {
        const [ky, kx] = [tap >> 2, tap & 3];
        const [dy, dx] = [(ky + 1) & 1, (kx + 1) & 1];
        const [y, x] = [1 + (dy + 1 - ky) / 2, 1 + (dx + 1 - kx) / 2];
        spread[(((4 * o + 2 * dy + dx) * inputs + i) * 3 + y) * 3 + x] = kernel[(i * outputs + o) * 16 + tap]!;
      }
    }
  }
  return spread;
}

function repeat(numbers: Float32Array, times: number): Float32Array {
  return Float32Array.from({ length: numbers.length * times }, (_, at) => numbers[Math.floor(at / times)]!);
}
