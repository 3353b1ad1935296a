/**
 * Turns a picture upright by its EXIF orientation, as Pillow's `ImageOps.exif_transpose` and every browser do.
 * Pure.
 */
import type { Orientation } from './exif.ts';
import type { Picture } from './picture.ts';

/**
 * The upright picture; the same object when it is upright already. Each of the eight values is at most a swap of the
 * axes followed by reading the stored columns, the stored rows, or both from the far end.
 */
export function orientPicture(picture: Picture, orientation: Orientation): Picture {
  if (orientation === 1) return picture;
  const { width, height, data } = picture;
  const swapped = orientation >= 5;
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const upright = {
    width: swapped ? height : width,
    height: swapped ? width : height,
    data: new Uint8Array(data.length),
  };
  for (let y = 0, to = 0; y < upright.height; y++) {
    for (let x = 0; x < upright.width; x++, to += 3) {
      const column = swapped ? y : x;
      const row = swapped ? x : y;
      const from = ((mirrorY ? height - 1 - row : row) * width + (mirrorX ? width - 1 - column : column)) * 3;
      upright.data[to] = data[from]!;
      upright.data[to + 1] = data[from + 1]!;
      upright.data[to + 2] = data[from + 2]!;
    }
  }
  return upright;
}
