/**
 * The unpacked pixel data of a PNG as a picture: filters undone, samples taken out of their bytes, passes put
 * in their places, row by row. The work and the memory follow from the header alone, whatever the data say.
 *
 * Pure: runs in Node and in the browser.
 */
import { makeRgb, type Picture } from './picture.ts';
import { corruptPng } from './png-chunks.ts';
import { chooseColours, type ColourChunks, type Samples } from './png-colours.ts';
import { undoFilter } from './png-filter.ts';
import { listPngPasses, type PngHeader } from './png-header.ts';

/**
 * The picture on white. `data` are at least `countPngBytes` bytes, and are used up. Throws `E_IMAGE_CORRUPT` for a
 * filter or a colour that does not exist.
 */
export function readPngPixels(header: PngHeader, data: Uint8Array, colours: ColourChunks, name: string): Picture {
  const { width, height, depth, channels } = header;
  const writeColours = chooseColours(header, colours, name);
  const target = makeRgb(width, height);
  const step = Math.max(1, (channels * depth) / 8);
  let start = 0;
  for (const { left, top, stepX, stepY, columns, rows, rowBytes } of listPngPasses(header)) {
    const readSamples = makeSampleReader(depth, columns * channels);
    for (let row = 0; row < rows; row++) {
      const filter = data[start++]!;
      if (filter > 4) throw corruptPng(name, `a row names filter ${filter}, which does not exist`);
      undoFilter(data, filter, start, row === 0 ? -1 : start - 1 - rowBytes, rowBytes, step);
      const samples = readSamples(data.subarray(start, start + rowBytes));
      writeColours(samples, columns, target, ((top + row * stepY) * width + left) * 3, stepX * 3);
      start += rowBytes;
    }
  }
  return { width, height, data: target };
}

/** From the bytes of a row to `count` samples, which are good until the next row is read. */
function makeSampleReader(depth: number, count: number): (row: Uint8Array) => Samples {
  if (depth === 8) return (row) => row;
  const samples = depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
  if (depth === 16) {
    return (row) => {
      for (let i = 0; i < count; i++) samples[i] = row[i * 2]! * 256 + row[i * 2 + 1]!;
      return samples;
    };
  }
  const most = 2 ** depth - 1;
  return (row) => {
    for (let i = 0, bit = 0; i < count; i++, bit += depth)
      samples[i] = (row[bit >> 3]! >> (8 - depth - (bit & 7))) & most;
    return samples;
  };
}
