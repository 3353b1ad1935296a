/** What CLIP compares: vectors, in double precision, since there are few numbers of them. */
import { DalleError } from '../../base/errors.ts';

/** Vectors of texts or pictures, [B, E], as the towers give them: not of length one. */
export interface Features {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}

/**
 * The cosine of each of the pictures' vectors [B, E] with that of a text [1, E], in −1 … 1.
 *
 * @throws DalleError `E_NOT_FINITE` for a vector without a direction
 */
export function cosines(text: Features, pictures: Features): number[] {
  const [count, size] = pictures.shape;
  const said = normalise(text.data);
  return Array.from({ length: count }, (_, at) => {
    const shown = normalise(pictures.data.subarray(at * size, (at + 1) * size));
    return said.reduce((sum, value, e) => sum + value * shown[e]!, 0);
  });
}

function normalise(vector: Float32Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (length > 0 && Number.isFinite(length)) return Float64Array.from(vector, (value) => value / length);
  throw new DalleError(
    'E_NOT_FINITE',
    `clip: a vector of ${vector.length} numbers has the length ${length}, and nothing can be compared with it. The weights are ` +
      'damaged, or all zeros: convert the checkpoint again.',
  );
}
