/**
 * JPEGs of four components, cyan, magenta, yellow and black, as made for printing. The decoder in WebAssembly refuses
 * them, so they are taken apart without loss into two that it takes: the three colours, and black. What it makes of
 * those is what libjpeg makes of the whole.
 *
 * Colours become RGB as in Pillow's `convert('RGB')`: stored inverted, as Adobe does, and red = black · (1 − cyan).
 * Colour profiles are ignored. Pure.
 */
import { readJpegFrame, type JpegFrame } from './jpeg-frame.ts';
import type { Component } from './jpeg-scan.ts';
import { corruptJpeg, unsupportedJpeg } from './jpeg-header.ts';
import { makeRgb, type Picture } from './picture.ts';
import type { RgbaImage } from './wasm-decoder.ts';
import { MAX_UNIT_BLOCKS, writeJpeg } from './write-jpeg.ts';

/** The stored picture. `decode` gives RGBA for an ordinary JPEG. Throws `E_IMAGE_CORRUPT`, `E_IMAGE_UNSUPPORTED`. */
export async function decodeCmyk(
  jpeg: Uint8Array,
  decode: (jpeg: Uint8Array) => Promise<RgbaImage>,
  name: string,
): Promise<Picture> {
  const parts = splitCmyk(jpeg, name);
  const { data: colours, width, height } = await decode(parts.colours);
  const { data: keys } = await decode(parts.black);
  const data = makeRgb(width, height);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    const key = keys[from + 1]!;
    for (let channel = 0; channel < 3; channel++) {
      const level = colours[from + channel]!;
      data[to + channel] = key - multiply(parts.isInverse ? level : 255 - level, key);
    }
  }
  return { width, height, data };
}

interface CmykParts {
  /** Two JPEGs; the second or only channel of the other is black. */
  readonly colours: Uint8Array;
  readonly black: Uint8Array;
  /** Whether the colours come out as the opposite of what is stored: libjpeg has it so for YCbCr. */
  readonly isInverse: boolean;
}

/** The coefficients, much larger than the file, are gone when this returns. */
function splitCmyk(jpeg: Uint8Array, name: string): CmykParts {
  const frame = readJpegFrame(jpeg, name);
  const { width, height } = frame;
  const { colours, black } = checkChannels(frame, name);
  const isInverse = frame.transform !== 0;
  // Black of less detail is taken for a second and third colour, beside one of full detail that gives the scale.
  const isFull = black.h === frame.h && black.v === frame.v;
  const components = isFull ? [black] : [colours[0], black, black];
  return {
    colours: writeJpeg({ width, height, components: colours, transform: isInverse ? 1 : 0 }),
    black: writeJpeg({ width, height, components, transform: 0 }),
    isInverse,
  };
}

/** a · b / 255, rounded. */
function multiply(a: number, b: number): number {
  const product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

type Channel = Component & { readonly quantisation: Uint16Array };

interface Channels {
  readonly colours: readonly [Channel, Channel, Channel];
  readonly black: Channel;
}

/** The four, of which the first must have all the detail there is, as in the files of all programs. */
function checkChannels(frame: JpegFrame, name: string): Channels {
  const [cyan, magenta, yellow, black] = frame.components.map((component) => {
    const { quantisation } = component;
    if (!quantisation) throw corruptJpeg(name, 'a channel is missing');
    return { ...component, quantisation };
  });
  if (!cyan || !magenta || !yellow || !black) throw corruptJpeg(name, 'a channel is missing');
  const blocks = [cyan, magenta, yellow].reduce((total, { h, v }) => total + h * v, 0);
  if (cyan.h !== frame.h || cyan.v !== frame.v || blocks > MAX_UNIT_BLOCKS) {
    throw unsupportedJpeg(name, 'four colours in unusual resolutions');
  }
  return { colours: [cyan, magenta, yellow], black };
}
