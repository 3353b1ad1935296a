/**
 * Components of a JPEG's frame as a JPEG of their own, with the same coefficients: nothing is lost. A sequential file
 * with one scan and the plain code of jpeg-huffman.ts. Pure.
 */
import type { Component } from './jpeg-scan.ts';
import { BitWriter, PLAIN_AC_COUNTS, PLAIN_DC_COUNTS } from './jpeg-huffman.ts';

/** Some components of a frame with all that is needed to write them. */
interface Channels {
  readonly width: number;
  readonly height: number;
  readonly components: readonly (Component & { readonly quantisation: Uint16Array })[];
  /** How Adobe's segment has it: 0 for colours as they are, 1 for YCbCr. */
  readonly transform: 0 | 1;
}

/** The most blocks that a unit of a scan may have. */
export const MAX_UNIT_BLOCKS = 10;

/** One component, or several whose blocks make a unit of at most `MAX_UNIT_BLOCKS`. */
export function writeJpeg({ width, height, components, transform }: Channels): Uint8Array {
  const single = components.length === 1;
  const adobe = [...new TextEncoder().encode('Adobe'), 0, 100, 0, 0, 0, 0, transform];
  const frame = components.flatMap(({ h, v }, i) => [i + 1, single ? 0x11 : h * 16 + v, i]);
  const scan = components.flatMap((_, i) => [i + 1, 0]);
  const parts = [
    [0xff, 0xd8],
    segment(0xee, adobe),
    ...components.map(({ quantisation }, i) => segment(0xdb, [16 + i, ...[...quantisation].flatMap(splitBytes)])),
    segment(0xc1, [8, ...splitBytes(height), ...splitBytes(width), components.length, ...frame]),
    segment(0xc4, [0, ...PLAIN_DC_COUNTS, ...Array(16).keys()]),
    segment(0xc4, [16, ...PLAIN_AC_COUNTS, ...Array(256).keys()]),
    segment(0xda, [components.length, ...scan, 0, 63, 0]),
    single ? writeSingle(components[0]!, width, height) : writeUnits(components),
    [0xff, 0xd9],
  ];
  const jpeg = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    jpeg.set(part, at);
    at += part.length;
  }
  return jpeg;
}

function segment(marker: number, data: readonly number[]): number[] {
  return [0xff, marker, ...splitBytes(data.length + 2), ...data];
}

function splitBytes(value: number): number[] {
  return [value >> 8, value & 0xff];
}

/** Blocks in reading order, without the padding to units. */
function writeSingle({ coefficients, across }: Component, width: number, height: number): Uint8Array {
  const writer = new BitWriter();
  let before = 0;
  for (let y = 0; y < Math.ceil(height / 8); y++) {
    for (let x = 0; x < Math.ceil(width / 8); x++) {
      before = writeBlock(writer, coefficients, (y * across + x) * 64, before);
    }
  }
  return writer.finish();
}

function writeUnits(components: readonly Component[]): Uint8Array {
  const writer = new BitWriter();
  const before = components.map(() => 0);
  const [{ across, down, h, v }] = components as readonly [Component, ...Component[]];
  for (let row = 0; row < down / v; row++) {
    for (let column = 0; column < across / h; column++) {
      components.forEach((component, i) => {
        for (let block = 0; block < component.h * component.v; block++) {
          const y = row * component.v + Math.floor(block / component.h);
          const x = column * component.h + (block % component.h);
          before[i] = writeBlock(writer, component.coefficients, (y * component.across + x) * 64, before[i]!);
        }
      });
    }
  }
  return writer.finish();
}

/** Returns the first coefficient, from which the next block's is told. */
function writeBlock(writer: BitWriter, coefficients: Int16Array, at: number, before: number): number {
  const difference = coefficients[at]! - before;
  const size = countBits(difference);
  writer.writeFirst(size);
  writer.writeSigned(difference, size);
  let run = 0;
  for (let k = at + 1; k < at + 64; k++) {
    const value = coefficients[k]!;
    if (value === 0) {
      run += 1;
      continue;
    }
    for (; run > 15; run -= 16) writer.writeSymbol(0xf0);
    const bits = countBits(value);
    writer.writeSymbol(run * 16 + bits);
    writer.writeSigned(value, bits);
    run = 0;
  }
  if (run > 0) writer.writeSymbol(0);
  return coefficients[at]!;
}

/** No code has more than 15; only damage could ask for one. */
function countBits(value: number): number {
  return Math.min(15, 32 - Math.clz32(Math.abs(value)));
}
