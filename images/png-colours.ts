/**
 * From the samples of a PNG's row to RGB on white, for each way in which a PNG says a colour: grey, RGB or a palette,
 * with alpha, with one transparent colour (tRNS), or opaque. Samples of other depths than 8 bits are scaled to the
 * nearest level. Pure.
 */
import { layOnWhite } from './picture.ts';
import { corruptPng, type PngChunk } from './png-chunks.ts';
import type { PngHeader } from './png-header.ts';

/** Samples as they are in the file. */
export type Samples = Uint8Array | Uint16Array;

/** Writes `count` pixels to `target` from byte `at`, `stride` bytes apart. */
export type WriteColours = (samples: Samples, count: number, target: Uint8Array, at: number, stride: number) => void;

/** What is said of colours besides the pixels themselves. */
export interface ColourChunks {
  readonly palette?: PngChunk;
  readonly transparency?: PngChunk;
}

/** Throws `E_IMAGE_CORRUPT` for a palette or a transparency that does not fit the header. */
export function chooseColours(header: PngHeader, { palette, transparency }: ColourChunks, name: string): WriteColours {
  const scale = header.depth === 8 ? undefined : makeScale(header.depth);
  const key = header.colourType === 0 || header.colourType === 2 ? readKey(header, transparency, name) : undefined;
  switch (header.colourType) {
    case 0:
      return writeGrey(scale, key?.[0]);
    case 2:
      return writeRgb(scale, key);
    case 3:
      return writePalette(readPalette(palette, transparency, name), name);
    case 4:
      return writeGreyAlpha(scale);
    case 6:
      return writeRgba(scale);
  }
}

/** The level for each value of a sample. */
function makeScale(depth: number): Uint8Array {
  const most = 2 ** depth - 1;
  return Uint8Array.from({ length: most + 1 }, (_, value) => Math.floor((value * 255) / most + 0.5));
}

function readKey(header: PngHeader, chunk: PngChunk | undefined, name: string): number[] | undefined {
  if (!chunk) return undefined;
  const { data } = chunk;
  if (data.length !== header.channels * 2) throw corruptPng(name, 'its transparent colour is malformed');
  return Array.from({ length: header.channels }, (_, i) => data[i * 2]! * 256 + data[i * 2 + 1]!);
}

/** RGB on white for each entry. */
function readPalette(chunk: PngChunk | undefined, transparency: PngChunk | undefined, name: string): Uint8Array {
  const colours = chunk?.data ?? new Uint8Array();
  const alphas = transparency?.data ?? new Uint8Array();
  const entries = colours.length / 3;
  if (!Number.isInteger(entries) || entries < 1 || entries > 256) {
    throw corruptPng(name, chunk ? `its palette has ${colours.length} bytes` : 'it has no palette');
  }
  if (alphas.length > entries) throw corruptPng(name, `its palette has ${entries} colours and ${alphas.length} alphas`);
  return colours.map((level, i) => layOnWhite(level, alphas[Math.floor(i / 3)] ?? 255));
}

function writeGrey(scale: Uint8Array | undefined, key: number | undefined): WriteColours {
  return (samples, count, target, at, stride) => {
    for (let i = 0, to = at; i < count; i++, to += stride) {
      const sample = samples[i]!;
      const level = sample === key ? 255 : scale ? scale[sample]! : sample;
      target[to] = level;
      target[to + 1] = level;
      target[to + 2] = level;
    }
  };
}

function writeRgb(scale: Uint8Array | undefined, key: readonly number[] | undefined): WriteColours {
  return (samples, count, target, at, stride) => {
    for (let i = 0, to = at, from = 0; i < count; i++, to += stride, from += 3) {
      const [red, green, blue] = [samples[from]!, samples[from + 1]!, samples[from + 2]!];
      const isClear = key !== undefined && red === key[0] && green === key[1] && blue === key[2];
      target[to] = isClear ? 255 : scale ? scale[red]! : red;
      target[to + 1] = isClear ? 255 : scale ? scale[green]! : green;
      target[to + 2] = isClear ? 255 : scale ? scale[blue]! : blue;
    }
  };
}

function writePalette(colours: Uint8Array, name: string): WriteColours {
  const entries = colours.length / 3;
  return (samples, count, target, at, stride) => {
    for (let i = 0, to = at; i < count; i++, to += stride) {
      const entry = samples[i]!;
      if (entry >= entries) throw corruptPng(name, `it uses colour ${entry} of a palette of ${entries}`);
      target[to] = colours[entry * 3]!;
      target[to + 1] = colours[entry * 3 + 1]!;
      target[to + 2] = colours[entry * 3 + 2]!;
    }
  };
}

function writeGreyAlpha(scale: Uint8Array | undefined): WriteColours {
  return (samples, count, target, at, stride) => {
    for (let i = 0, to = at; i < count; i++, to += stride) {
      const [grey, alpha] = [samples[i * 2]!, samples[i * 2 + 1]!];
      const level = scale ? layOnWhite(scale[grey]!, scale[alpha]!) : layOnWhite(grey, alpha);
      target[to] = level;
      target[to + 1] = level;
      target[to + 2] = level;
    }
  };
}

function writeRgba(scale: Uint8Array | undefined): WriteColours {
  return (samples, count, target, at, stride) => {
    for (let i = 0, to = at; i < count; i++, to += stride) {
      const sample = samples[i * 4 + 3]!;
      const alpha = scale ? scale[sample]! : sample;
      for (let channel = 0; channel < 3; channel++) {
        const colour = samples[i * 4 + channel]!;
        target[to + channel] = layOnWhite(scale ? scale[colour]! : colour, alpha);
      }
    }
  };
}
