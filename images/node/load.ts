/**
 * A picture from wherever the user keeps it: a path, an address (`http`, `https`, `file`), or `-` for stdin.
 */
import { checkText } from '../../base/check-argument.ts';
import { checkOptions } from '../../base/check-options.ts';
import type { Picture } from '../picture.ts';
import { decodeImage } from './decode.ts';
import { nameSource, readSource, type ReadOptions } from './read.ts';

/** How a picture is read. */
export interface LoadOptions extends ReadOptions {
  /** More pixels than this are refused before anything is allocated [64 million]. */
  readonly maxPixels?: number;
}

/**
 * Reads and decodes a PNG, JPEG or WebP, upright and on white. Throws what `readSource` (`E_FILE_*`, `E_DOWNLOAD*`,
 * `E_ABORTED`) and `decodeImage` (`E_IMAGE_*`) throw.
 */
export async function loadImage(source: string | URL, options: LoadOptions = {}): Promise<Picture> {
  if (!(source instanceof URL)) checkText('loadImage', 'a path, an address or -', source);
  checkOptions('loadImage', options);
  const bytes = await readSource(source, options);
  const { maxPixels } = options;
  return decodeImage(bytes, { name: nameSource(source), ...(maxPixels === undefined ? {} : { maxPixels }) });
}
