/**
 * From any picture to one the encoder takes, as OpenAI's notebook does it: scale with Lanczos so that the shorter
 * side (or the wanted rectangle) is met, then crop the centre. Sizes round half to even, as Python's `round` does,
 * and so do crop offsets, as in torchvision.
 *
 * `keep` is ours: no scaling, only the crop to whole tokens that the net needs. Pure.
 */
import { FormatError, UsageError } from '../base/errors.ts';
import { argumentError, checkObject, checkText } from '../base/check-argument.ts';
import { showValue } from './arguments.ts';
import { centreBox, roundHalfToEven } from './centre.ts';
import { resizeLanczos } from './lanczos.ts';
import { checkPicture, cropPicture, isSide, MAX_PIXELS, type Picture } from './picture.ts';

/** A square of that side, a rectangle, or `keep`: the picture's own size cropped to whole tokens. */
export type PictureSize = number | { readonly width: number; readonly height: number } | 'keep';

/** The size that a picture is brought to. */
export interface PictureOptions {
  /** Pixels, each a multiple of `patch` [256]. */
  readonly size?: PictureSize;
  /** Pixels along each side of a token, as the net that encodes the picture has them [8, as OpenAI's dVAE]. */
  readonly patch?: number;
  /** Enlarge a picture that is smaller than `size` instead of refusing it [false]. */
  readonly upscale?: boolean;
  /** What to call the picture in messages. */
  readonly name?: string;
}

/**
 * The picture in the wanted size. Throws `E_IMAGE_SIZE` when `size` is not made of positive multiples of `patch` within
 * 64 megapixels, `E_IMAGE_TOO_SMALL` when the picture would have to be enlarged without `upscale`, or has a side
 * under `patch` with `keep`, `E_SHAPE` when it is no picture.
 */
export function preparePicture(picture: Picture, options: PictureOptions = {}): Picture {
  checkObject('preparePicture', 'options', options);
  const { size = 256, patch = 8, upscale = false, name = 'the picture' } = options;
  checkText('preparePicture', 'a name', name);
  if (!isSide(patch)) throw argumentError('preparePicture', 'patch, a positive whole number', patch);
  checkPicture(picture, 'preparePicture');
  if (size === 'keep') return cropToTokens(picture, patch, name);
  const { width, height } = checkSize(size, patch);
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

function cropToTokens(picture: Picture, patch: number, name: string): Picture {
  const width = picture.width - (picture.width % patch);
  const height = picture.height - (picture.height % patch);
  if (width === 0 || height === 0) {
    throw new FormatError(
      'E_IMAGE_TOO_SMALL',
      `preparePicture: wanted both sides of ${patch} pixels or more, but ${name} has ${picture.width} × ` +
        `${picture.height}: less than one token. Use a larger picture, or enlarge it with --size and --upscale.`,
    );
  }
  return cropPicture(picture, centreBox(picture.width, picture.height, width, height));
}

function checkSize(size: Exclude<PictureSize, 'keep'>, patch: number): { width: number; height: number } {
  const { width, height } = typeof size === 'object' && size !== null ? size : { width: size, height: size };
  const fits = (side: number): boolean => isSide(side) && side % patch === 0;
  if (fits(width) && fits(height) && width * height <= MAX_PIXELS) return { width, height };
  throw new UsageError(
    'E_IMAGE_SIZE',
    `preparePicture: wanted a size in positive multiples of ${patch} with at most ${MAX_PIXELS / 1e6} ` +
      `megapixels, but got ${showValue(width)} × ${showValue(height)}. One token stands for ` +
      `${patch} × ${patch} pixels; ` +
      'choose for example 256, 320x192 or keep.',
  );
}
