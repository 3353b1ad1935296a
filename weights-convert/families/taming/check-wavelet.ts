/**
 * The filters of a wavelet transform behind a decoder, which ru-dalle saves with the weights. The transform is computed
 * without them, so they are held to be those of the one that is: Haar's, which PyWavelets calls `db1`.
 */
import { FormatError } from '../../../base/errors.ts';
import { WAVELET_FILTERS } from '../../../nets/vqgan/tensors.ts';
import type { FoundTensors } from '../family.ts';

/** As float32 and as halves have it: √½ to three digits is no other wavelet's of two numbers. */
const TOLERANCE = 2 ** -11;

/** @throws FormatError `E_ARCHITECTURE` for the filters of another transform */
export async function checkWavelet({ dataOf, sourceName }: Pick<FoundTensors, 'dataOf' | 'sourceName'>): Promise<void> {
  for (const [name, shape] of WAVELET_FILTERS) {
    const filter = dataOf(name);
    // One that is missing, or of another shape, is told with all other tensors.
    if (!filter || filter.shape.join() !== shape.join()) continue;
    const isHigh = name.includes('.g1_');
    const [first, second] = await filter.read();
    const isNear = (value: number | undefined, sign: number): boolean =>
      Math.abs(Number(value) - sign * Math.SQRT1_2) <= TOLERANCE;
    if (isNear(first, 1) && isNear(second, isHigh ? -1 : 1)) continue;
    throw new FormatError(
      'E_ARCHITECTURE',
      `openWeights: ${sourceName} holds a VQGAN with a wavelet transform behind it, and its ${name} is not that of Haar's, ` +
        'which is the only one that dalle-gl computes. The file is damaged, or of a modified net.',
    );
  }
}
