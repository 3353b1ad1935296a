/**
 * The inverse Haar transform behind ru-dalle's decoder for larger pictures. The last convolution gives a low band for
 * each of c colours, then three high bands of each: of rows, of columns, of both. The transform takes four numbers of a
 * cell to its four pixels, so it is folded into that convolution, which is exact up to rounding; what is left is to put
 * the four pixels beside each other.
 */
import { sizeOf } from '../../engine/index.ts';
import type { TensorData } from '../weights.ts';
import type { VqganDecoderArchitecture } from './architecture.ts';

type Tensors = ReadonlyMap<string, TensorData>;

/** The tensors of a decoder, its last convolution giving pixels [4·c] as `pixelShuffle` takes them. */
export function foldWavelet({ wavelet, out_ch }: VqganDecoderArchitecture, tensors: Tensors): Tensors {
  if (!wavelet) return tensors;
  const folded = new Map(tensors);
  for (const name of ['decoder.conv_out.weight', 'decoder.conv_out.bias']) {
    const bands = tensors.get(name)!;
    const read = async (): Promise<Float32Array> => mixBands(await bands.read(), out_ch, sizeOf(bands.shape.slice(1)));
    folded.set(name, { shape: bands.shape, dtype: 'F32', read });
  }
  return folded;
}

/** Rows of `width` numbers: c low ones, then three high ones of each colour → four pixels of each colour. */
function mixBands(rows: Float32Array, colours: number, width: number): Float32Array {
  const pixels = new Float32Array(rows.length);
  for (let colour = 0; colour < colours; colour++) {
    const high = colours + 3 * colour;
    for (let pixel = 0; pixel < 4; pixel++) {
      const [down, right] = [pixel < 2 ? 0.5 : -0.5, pixel % 2 === 0 ? 1 : -1];
      for (let at = 0; at < width; at++) {
        const band = (row: number): number => rows[row * width + at]!;
        pixels[(4 * colour + pixel) * width + at] =
          0.5 * band(colour) + down * band(high) + right * (0.5 * band(high + 1) + down * band(high + 2));
      }
    }
  }
  return pixels;
}
