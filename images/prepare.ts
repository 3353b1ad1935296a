/**
 * From any picture to one the encoder takes, as OpenAI's notebook does it: scale with Lanczos so that the shorter
 * side (or the wanted rectangle) is met, then crop the centre. Sizes round half to even, as Python's `round` does,
 * and so do crop offsets, as in torchvision.
 *
 * `keep` is ours: no scaling, only the crop to multiples of 8 that the net needs. Pure.
 */
import { FormatError, UsageError } from '../base/errors.ts';
import { checkObject, checkText } from '../base/check-argument.ts';
import { showValue } from './arguments.ts';
import { resizeLanczos } from './lanczos.ts';
import { checkPicture, cropPicture, isSide, MAX_PIXELS, type Box, type Picture } from './picture.ts';

/** The dVAE halves the picture three times: one token stands for 8 × 8 pixels. */
const TOKEN_PIXELS = 8;

/** A square of that side, a rectangle, or `keep`: the picture's own size cropped to multiples of 8. */
export type PictureSize = number | { readonly width: number; readonly height: number } | 'keep';

export interface PrepareOptions {
  /** Pixels, each a multiple of 8 [256]. */
  readonly size?: PictureSize;
  /** Enlarge a picture that is smaller than `size` instead of refusing it [false]. */
  readonly upscale?: boolean;
  /** What to call the picture in messages. */
  readonly name?: string;
}

/**
 * The picture in the wanted size. Throws `E_IMAGE_SIZE` when `size` is not made of positive multiples of 8 within
 * 64 megapixels, `E_IMAGE_TOO_SMALL` when the picture would have to be enlarged without `upscale`, or has a side
 * under 8 with `keep`, `E_SHAPE` when it is no picture.
 */
export function preparePicture(picture: Picture, options: PrepareOptions = {}): Picture {
  checkObject('preparePicture', 'options', options);
  const { size = 256, upscale = false, name = 'the picture' } = options;
  checkText('preparePicture', 'a name', name);
  checkPicture(picture, 'preparePicture');
  if (size === 'keep') return cropToTokens(picture, name);
  const { width, height } = checkSize(size);
  const scale = Math.max(width / picture.width, height / picture.height);
  if (scale > 1 && !upscale) {
    throw new FormatError(
      'E_IMAGE_TOO_SMALL',
      `preparePicture: wanted at least ${width} × ${height} pixels, but ${name} has ${picture.width} × ` +
        `${picture.height}. It is probably a thumbnail or an icon; use a larger picture, a smaller size (--size), ` +
        'or allow enlarging it (--upscale).',
    );
  }
  const scaledWidth = roundHalfToEven(scale * picture.width);
  const scaledHeight = roundHalfToEven(scale * picture.height);
  return resizeLanczos(picture, scaledWidth, scaledHeight, centreBox(scaledWidth, scaledHeight, width, height));
}

function cropToTokens(picture: Picture, name: string): Picture {
  const width = picture.width - (picture.width % TOKEN_PIXELS);
  const height = picture.height - (picture.height % TOKEN_PIXELS);
  if (width === 0 || height === 0) {
    throw new FormatError(
      'E_IMAGE_TOO_SMALL',
      `preparePicture: wanted both sides of ${TOKEN_PIXELS} pixels or more, but ${name} has ${picture.width} × ` +
        `${picture.height}: less than one token. Use a larger picture, or enlarge it with --size and --upscale.`,
    );
  }
  return cropPicture(picture, centreBox(picture.width, picture.height, width, height));
}

function checkSize(size: Exclude<PictureSize, 'keep'>): { width: number; height: number } {
  const { width, height } = typeof size === 'object' && size !== null ? size : { width: size, height: size };
  const fits = (side: number): boolean => isSide(side) && side % TOKEN_PIXELS === 0;
  if (fits(width) && fits(height) && width * height <= MAX_PIXELS) return { width, height };
  throw new UsageError(
    'E_IMAGE_SIZE',
    `preparePicture: wanted a size in positive multiples of ${TOKEN_PIXELS} with at most ${MAX_PIXELS / 1e6} ` +
      `megapixels, but got ${showValue(width)} × ${showValue(height)}. One token stands for ` +
      `${TOKEN_PIXELS} × ${TOKEN_PIXELS} pixels; ` +
      'choose for example 256, 320x200 or keep.',
  );
}

function centreBox(fromWidth: number, fromHeight: number, width: number, height: number): Box {
  const left = roundHalfToEven((fromWidth - width) / 2);
  const top = roundHalfToEven((fromHeight - height) / 2);
  return { left, top, width, height };
}

/** Python's `round` for numbers that are not negative. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
