/**
 * What all decoders of pictures are told. Pure.
 */
import { checkObject, checkText } from '../base/check-argument.ts';
import { checkLimit } from './arguments.ts';
import { MAX_PIXELS } from './picture.ts';

export interface DecodeOptions {
  /** More pixels than this are refused before anything is allocated [64 million]. */
  readonly maxPixels?: number;
  /** What to call the picture in messages. */
  readonly name?: string;
}

/** The options, or what stands for them. Throws `E_ARGUMENT`. */
export function readDecodeOptions(options: DecodeOptions, caller: string): Required<DecodeOptions> {
  checkObject(caller, 'options', options);
  const { maxPixels = MAX_PIXELS, name = 'the picture' } = options;
  checkLimit(caller, 'maxPixels', maxPixels);
  checkText(caller, 'a name', name);
  return { maxPixels, name };
}
