/**
 * Any picture file's bytes to pixels in Node: judged by content, sized before decoding, upright, on white.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { decodeJpeg, type DecodeOptions } from '../jpeg.ts';
import type { Picture } from '../picture.ts';
import { sniffImage } from '../sniff.ts';
import { decodePng } from './png.ts';

const JPEG_PROGRAM = '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';

let jpegProgram: Promise<WebAssembly.Module> | undefined;

/**
 * A PNG or JPEG as a picture. Throws `E_IMAGE_KIND` for anything else, `E_IMAGE_TOO_LARGE`, `E_IMAGE_CORRUPT` and
 * `E_IMAGE_UNSUPPORTED`.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Picture> {
  if (sniffImage(bytes, options.name) === 'png') return decodePng(bytes, options);
  jpegProgram ??= compileJpegProgram();
  return decodeJpeg(bytes, await jpegProgram, options);
}

async function compileJpegProgram(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve(JPEG_PROGRAM);
  return WebAssembly.compile(await readFile(path));
}
