/**
 * Which square of a picture is shown, and whether it is mirrored: pure functions of (seed, epoch, index). The crops are
 * those of the paper's two listings in kind: a square anywhere along the longer side, or near its middle, and of that a
 * somewhat smaller one.
 *
 * Pure: runs in Node and in the browser.
 */
import { cropPicture, type Box, type Picture } from '../../images/picture.ts';
import { resizeLanczos } from '../../images/lanczos.ts';
import { preparePicture } from '../../images/prepare.ts';
import { drawUniforms, type DrawKey } from './draws.ts';

/** How squares are drawn. */
export interface RandomCrop {
  /** The least side of the square, as a part of the picture's shorter side: in (0, 1]. */
  readonly least: number;
  /** Between which parts of what is left over the square lies: [0, 1] anywhere, [0.375, 0.625] near the middle. */
  readonly within: readonly [from: number, to: number];
}

/** The middle square, the same each time, as `encode` and `reconstruct` take it; or one drawn anew for each epoch. */
export type Crop = 'centre' | RandomCrop;

/** The paper's: squares from 8/12 of the side for the dVAE, from 8/9 and near the middle for the transformer. */
export const paperCrops: Readonly<Record<'dvae' | 'transformer', RandomCrop>> = {
  dvae: { least: 2 / 3, within: [0, 1] },
  transformer: { least: 8 / 9, within: [3 / 8, 5 / 8] },
};

/** Everything about how a picture is shown. */
interface Showing {
  readonly size: number;
  readonly crop: Crop;
  readonly isMirrored: boolean;
}

/**
 * The picture as `size` × `size` pixels.
 *
 * @param key of the run and epoch
 * @param index of the sample in the whole data set
 */
export function showPicture(picture: Picture, showing: Showing, key: DrawKey, index: number): Picture {
  const { size, crop, isMirrored } = showing;
  const square =
    crop === 'centre' ? showCentre(picture, size) : showSquare(picture, size, drawBox(picture, size, crop, key, index));
  return isMirrored ? mirrorPicture(square) : square;
}

/**
 * What is enough of a picture for every crop of it, so that large photographs are decoded and resized once and not for
 * each epoch: the middle square itself, or a picture so small that its smallest square has twice the pixels shown.
 */
export function reducePicture(picture: Picture, { size, crop }: Pick<Showing, 'size' | 'crop'>): Picture {
  if (crop === 'centre') return showCentre(picture, size);
  const { width, height } = picture;
  const short = Math.ceil((2 * size) / crop.least);
  const scale = short / Math.min(width, height);
  if (scale >= 1) return picture;
  return resizeLanczos(
    picture,
    Math.max(short, Math.round(width * scale)),
    Math.max(short, Math.round(height * scale)),
  );
}

/** Whether a coin says to mirror a picture. */
export function drawMirrored(key: DrawKey, index: number): boolean {
  return drawUniforms('crop', key, index)[3]! < 0.5;
}

/** A square of `least` to all of the shorter side, and of `size` pixels or more where the picture has them. */
export function drawBox(
  { width, height }: Pick<Picture, 'width' | 'height'>,
  size: number,
  { least, within }: RandomCrop,
  key: DrawKey,
  index: number,
): Box {
  const [scale, across, down] = drawUniforms('crop', key, index) as [number, number, number];
  const short = Math.min(width, height);
  const shortest = Math.min(short, Math.max(size, Math.ceil(least * short)));
  const side = shortest + Math.floor(scale * (short - shortest + 1));
  const place = (slack: number, chance: number): number => {
    const [from, to] = [Math.floor(within[0] * slack), Math.ceil(within[1] * slack)];
    return from + Math.floor(chance * (to - from + 1));
  };
  return { left: place(width - side, across), top: place(height - side, down), width: side, height: side };
}

/** At scale 1 Lanczos gives each pixel back, so that is not computed. */
function showCentre(picture: Picture, size: number): Picture {
  if (picture.width === size && picture.height === size) return picture;
  return preparePicture(picture, { size, patch: 1, upscale: true });
}

function showSquare(picture: Picture, size: number, box: Box): Picture {
  const square = box.width === picture.width && box.height === picture.height ? picture : cropPicture(picture, box);
  return square.width === size ? square : resizeLanczos(square, size, size);
}

function mirrorPicture({ width, height, data }: Picture): Picture {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      mirrored.set(data.subarray(from, from + 3), (y * width + width - 1 - x) * 3);
    }
  }
  return { width, height, data: mirrored };
}
