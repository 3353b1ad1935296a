/**
 * JPEG and WebP decoded in a page, by the programs that a page fetches itself: the very pixels of Pillow, as in Node.
 */
import { expect, test } from 'vitest';
import { decodeJpeg, decodeWebp, type Picture } from '../../index.ts';
import { sniffImage } from '../../images/sniff.ts';

const PROGRAMS = {
  jpeg: new URL('../../node_modules/@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm', import.meta.url),
  webp: new URL('../../node_modules/@jsquash/webp/codec/dec/webp_dec.wasm', import.meta.url),
};

async function fetchBytes(file: URL): Promise<Uint8Array> {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A binary PPM: `P6`, width and height, 255, then RGB. */
async function fetchExpected(name: string): Promise<Picture> {
  const bytes = await fetchBytes(new URL(`../images/expected/${name}.ppm`, import.meta.url));
  const head = /^P6\n(\d+) (\d+)\n255\n/.exec(String.fromCharCode(...bytes.subarray(0, 32)))!;
  return { width: Number(head[1]), height: Number(head[2]), data: bytes.slice(head[0].length) };
}

test.each([
  ...['full-chroma.jpg', 'orientation-6.jpg', 'cmyk.jpg', 'ycck-progressive.jpg'],
  ...['lossy.webp', 'lossless-alpha.webp', 'animated.webp'],
])('%s', async (file) => {
  const bytes = await fetchBytes(new URL(`../images/${file}`, import.meta.url));
  const kind = sniffImage(bytes, file) === 'jpeg' ? 'jpeg' : 'webp';
  const program = await WebAssembly.compile(new Uint8Array(await fetchBytes(PROGRAMS[kind])));
  const picture = await (kind === 'jpeg' ? decodeJpeg : decodeWebp)(bytes, program, { name: file });
  expect(picture).toEqual(await fetchExpected(file.replace(/\.\w+$/, '')));
});
