/**
 * A picture to a PNG file, whole or not at all.
 */
import { checkText } from '../../base/check-argument.ts';
import { checkOptions } from '../../base/check-options.ts';
import type { Picture } from '../picture.ts';
import { encodePng } from './png.ts';
import { writeOutput, type WriteOptions } from '../../base/node/write-file.ts';

/** What is written beside the pixels, and how it is stopped. */
export interface SaveOptions extends WriteOptions {
  /** Text chunks by keyword, such as `Description` or `Software`; `readPngText` gives them back. */
  readonly text?: Readonly<Record<string, string>>;
}

/** Writes an 8-bit RGB PNG to `destination`, `-` for stdout. Throws as `writeFileAtomically`, and `E_PNG_TEXT`. */
export async function savePng(destination: string, picture: Picture, options: SaveOptions = {}): Promise<void> {
  checkText('savePng', 'a path or -', destination);
  checkOptions('savePng', options);
  await writeOutput(destination, [encodePng(picture, options.text)], options);
}
