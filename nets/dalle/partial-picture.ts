/**
 * A picture of tokens of which some are not drawn yet: the gaps get likely tokens, so that the decoder has no hard edge
 * to smear into what is there, and their pixels are white afterwards. -1 is a gap.
 *
 * n pictures, H × W tokens each, P × P pixels a token, C channels.
 */
import type { PictureCoder, Pixels, TokenGrid } from '../picture-coder.ts';

/**
 * Tokens [n, H, W] → pixels [n, C, P·H, P·W] in 0…1. One picture after the other: every one runs the same plan, and the
 * memory of one is enough.
 */
export async function decodePartial(
  { patch, channels }: Pick<PictureCoder, 'patch' | 'channels'>,
  { data, shape }: TokenGrid,
  decode: (tokens: TokenGrid) => Promise<Pixels>,
): Promise<Pixels> {
  const [count, height, width] = shape;
  const area = height * width;
  const size = channels * area * patch * patch;
  const pixels = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const drawn = data.subarray(i * area, (i + 1) * area);
    const decoded = await decode({ data: fillGaps(drawn, width), shape: [1, height, width] });
    pixels.set(whitenGaps(decoded.data, drawn, width, patch), i * size);
  }
  return { data: pixels, shape: [count, channels, height * patch, width * patch] };
}

/** A token for every place: a gap takes the one above it, in the first row the one to its left, else 0. */
function fillGaps(tokens: Int32Array, width: number): Int32Array {
  const filled = tokens.slice();
  for (let at = 0; at < filled.length; at++) {
    if (filled[at]! < 0) filled[at] = at >= width ? filled[at - width]! : Math.max(0, filled[at - 1] ?? 0);
  }
  return filled;
}

/** Planes [C, P·H, P·W] in 0…1, made white where there is a gap. */
function whitenGaps(planes: Float32Array, tokens: Int32Array, width: number, patch: number): Float32Array {
  if (!tokens.includes(-1)) return planes;
  const across = width * patch;
  const area = tokens.length * patch * patch;
  return planes.map((value, index) => {
    const pixel = index % area;
    const row = Math.floor(pixel / (across * patch));
    return tokens[row * width + Math.floor((pixel % across) / patch)]! < 0 ? 1 : value;
  });
}
