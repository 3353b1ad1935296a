/**
 * What all decoders of pictures are told. Pure.
 */
import { checkLimit, checkOptions, checkText } from './arguments.ts';
import { MAX_PIXELS } from './picture.ts';

export interface DecodeOptions {
  /** More pixels than this are refused before anything is allocated [64 million]. */
  readonly maxPixels?: number;
  /** What to call the picture in messages. */
  readonly name?: string;
}

/** The options, or what stands for them. Throws `E_ARGUMENT`. */
export function readDecodeOptions(options: DecodeOptions, caller: string): Required<DecodeOptions> {
  checkOptions(options, caller);
  const { maxPixels = MAX_PIXELS, name = 'the picture' } = options;
  checkLimit(maxPixels, 'maxPixels', caller);
  checkText(name, 'a name', caller);
  return { maxPixels, name };
}
