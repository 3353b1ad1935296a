/**
 * The bits of a JPEG's scans (ITU T.81, annexes C and F): Huffman codes and the numbers after them, read and written.
 * What is written uses one plain code for everything, since it is read again at once. Pure.
 */
import { corruptJpeg } from './jpeg-header.ts';

/** A canonical Huffman code, by length of its codes in bits. */
export interface HuffmanTable {
  /** The largest code of each length; -1 where there is none. */
  readonly largest: Int32Array;
  /** What to add to a code of each length for its place among `symbols`. */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

const LONGEST = 16;

/** From the numbers of codes of 1 to 16 bits, and the symbols in order. Throws `E_IMAGE_CORRUPT`. */
export function makeHuffmanTable(counts: Uint8Array, symbols: Uint8Array, name: string): HuffmanTable {
  const largest = new Int32Array(LONGEST + 1).fill(-1);
  const offset = new Int32Array(LONGEST + 1);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= LONGEST; length++) {
    const count = counts[length - 1]!;
    offset[length] = place - code;
    code += count;
    place += count;
    if (count > 0) largest[length] = code - 1;
    if (code > 2 ** length) throw corruptJpeg(name, 'it has an impossible code');
    code *= 2;
  }
  return { largest, offset, symbols };
}

/** Reads the coded data of one scan. Throws `E_IMAGE_CORRUPT` where it ends before it should. */
export class BitReader {
  /** The next byte of the file. */
  position: number;
  readonly #jpeg: Uint8Array;
  readonly #name: string;
  #byte = 0;
  #left = 0;

  constructor(jpeg: Uint8Array, position: number, name: string) {
    this.#jpeg = jpeg;
    this.#name = name;
    this.position = position;
  }

  readBit(): number {
    if (this.#left === 0) this.#nextByte();
    this.#left -= 1;
    return (this.#byte >> this.#left) & 1;
  }

  readBits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.readBit();
    return value;
  }

  /** A number of `size` bits whose lower half stands for the negative ones. */
  readSigned(size: number): number {
    const value = this.readBits(size);
    return size > 0 && value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
  }

  readSymbol({ largest, offset, symbols }: HuffmanTable): number {
    let code = 0;
    for (let length = 1; length <= LONGEST; length++) {
      code = code * 2 + this.readBit();
      if (code <= largest[length]!) return symbols[offset[length]! + code]!;
    }
    throw corruptJpeg(this.#name, 'it holds a code that its tables lack');
  }

  /** Skips to the byte behind a restart marker, which must come here. */
  skipRestart(): void {
    this.#left = 0;
    const [first, second] = [this.#jpeg[this.position], this.#jpeg[this.position + 1]];
    if (first !== 0xff || second === undefined || second < 0xd0 || second > 0xd7) {
      throw corruptJpeg(this.#name, 'a restart marker is not where it should be');
    }
    this.position += 2;
  }

  #nextByte(): void {
    const byte = this.#jpeg[this.position];
    // 0xFF is followed by 0 in coded data; anything else is a marker.
    if (byte === undefined || (byte === 0xff && this.#jpeg[this.position + 1] !== 0)) {
      throw corruptJpeg(this.#name, 'its coded data ends early');
    }
    this.position += byte === 0xff ? 2 : 1;
    this.#byte = byte;
    this.#left = 8;
  }
}

/** The code that is written: 16 symbols of 5 bits for first coefficients, 128 of 8 and 128 of 9 bits for the rest. */
export const PLAIN_DC_COUNTS: readonly number[] = [0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
export const PLAIN_AC_COUNTS: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 128, 128, 0, 0, 0, 0, 0, 0, 0];

/** Writes coded data in the plain code. */
export class BitWriter {
  #bytes = new Uint8Array(65_536);
  #length = 0;
  #bits = 0;
  #count = 0;

  writeFirst(symbol: number): void {
    this.#write(symbol, 5);
  }

  writeSymbol(symbol: number): void {
    if (symbol < 128) this.#write(symbol, 8);
    else this.#write(symbol + 128, 9);
  }

  /** `size` bits, as `readSigned` reads them. */
  writeSigned(value: number, size: number): void {
    this.#write(value < 0 ? value + 2 ** size - 1 : value, size);
  }

  /** Everything written, filled up with ones to a whole byte. */
  finish(): Uint8Array {
    if (this.#count > 0) this.#write(0xff >> this.#count, 8 - this.#count);
    return this.#bytes.subarray(0, this.#length);
  }

  #write(value: number, size: number): void {
    this.#bits = (this.#bits << size) | value;
    this.#count += size;
    for (; this.#count >= 8; this.#count -= 8) this.#push((this.#bits >> (this.#count - 8)) & 0xff);
    this.#bits &= 0xff;
  }

  #push(byte: number): void {
    if (this.#length + 2 > this.#bytes.length) {
      const longer = new Uint8Array(this.#bytes.length * 2);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes[this.#length++] = byte;
    if (byte === 0xff) this.#bytes[this.#length++] = 0;
  }
}
