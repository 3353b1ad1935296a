/**
 * A picture of a data set with its captions, and where its bytes lie. Nothing is decoded for it.
 *
 * Pure: runs in Node and in the browser.
 */
import type { DataFile } from './data-file.ts';

export interface Sample {
  /** Its place in the whole data set, from 0: noise and crops are drawn with it, whatever batch it is in. */
  readonly index: number;
  /** Where it lies: `cats/001.png`, or in a shard `00000.tar/000000012.jpg`. */
  readonly id: string;
  /** None for some or all. */
  readonly captions: readonly string[];
  readonly file: DataFile;
  /** Where the picture begins in `file`. */
  readonly offset: number;
  /** Bytes of the picture. */
  readonly size: number;
}

/** What listing finds; the index comes when all are known. */
export type FoundSample = Omit<Sample, 'index'>;

/** Extensions of pictures that are read. What a file is, its bytes say later. */
const PICTURES = /^(png|jpe?g|jpe|jfif|webp)$/i;
/** Of pictures that are not: worth a word, where a README is not. */
const OTHER_PICTURES = /^(gif|bmp|tiff?|avif|hei[cf]|jxl|jp2|svg|ico|psd)$/i;

export function isPictureKind(extension: string): boolean {
  return PICTURES.test(extension);
}

export function isOtherPictureKind(extension: string): boolean {
  return OTHER_PICTURES.test(extension);
}
