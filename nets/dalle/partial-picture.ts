/**
 * A picture of tokens of which some are not drawn yet: the gaps get likely tokens, so that the decoder has no hard edge
 * to smear into what is there, and their pixels are white afterwards. -1 is a gap. H × W tokens, 8H × 8W pixels.
 */
import { patch } from '../dvae/patch.ts';

/** A token for every place: a gap takes the one above it, in the first row the one to its left, else 0. */
export function fillGaps(tokens: Int32Array, width: number): Int32Array {
  const filled = tokens.slice();
  for (let at = 0; at < filled.length; at++) {
    if (filled[at]! < 0) filled[at] = at >= width ? filled[at - width]! : Math.max(0, filled[at - 1] ?? 0);
  }
  return filled;
}

/** Planes [3, 8H, 8W] in 0…1, made white where there is a gap. */
export function whitenGaps(planes: Float32Array, tokens: Int32Array, width: number): Float32Array {
  if (!tokens.includes(-1)) return planes;
  const across = width * patch;
  const area = tokens.length * patch * patch;
  return planes.map((value, index) => {
    const pixel = index % area;
    const row = Math.floor(pixel / (across * patch));
    return tokens[row * width + Math.floor((pixel % across) / patch)]! < 0 ? 1 : value;
  });
}
