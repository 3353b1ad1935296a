/**
 * Any picture file's bytes to pixels in Node: judged by content, sized before decoding, upright, on white.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { readDecodeOptions, type DecodeOptions } from '../decode-options.ts';
import { decodeJpeg } from '../jpeg.ts';
import type { Picture } from '../picture.ts';
import { sniffImage } from '../sniff.ts';
import { decodeWebp } from '../webp.ts';
import { decodePng } from './png.ts';

const PROGRAMS = {
  jpeg: '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  webp: '@jsquash/webp/codec/dec/webp_dec.wasm',
} as const;

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/**
 * A PNG, JPEG or WebP as a picture. Throws `E_IMAGE_KIND` for anything else, `E_IMAGE_TOO_LARGE`, `E_IMAGE_CORRUPT` and
 * `E_IMAGE_UNSUPPORTED`.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Picture> {
  const { name } = readDecodeOptions(options, 'decodeImage');
  switch (sniffImage(bytes, name)) {
    case 'png':
      return decodePng(bytes, options);
    case 'jpeg':
      return decodeJpeg(bytes, await compileOnce(PROGRAMS.jpeg), options);
    case 'webp':
      return decodeWebp(bytes, await compileOnce(PROGRAMS.webp), options);
  }
}

function compileOnce(program: string): Promise<WebAssembly.Module> {
  const made = compiled.get(program) ?? compileProgram(program);
  compiled.set(program, made);
  return made;
}

async function compileProgram(program: string): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve(program);
  return WebAssembly.compile(await readFile(path));
}
