/** PNGs put together chunk by chunk, as no writer would. */
import { makePngChunk } from '../../images/png-chunks.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export interface PngHead {
  readonly width: number;
  readonly height: number;
  /** Bits a sample [8]. */
  readonly depth?: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA [2]. */
  readonly colourType?: number;
  readonly interlaced?: boolean;
}

/** A PNG with any header, then the chunks as they are, then IEND. */
export function assemblePng(head: PngHead, chunks: readonly Uint8Array[]): Uint8Array {
  const { width, height, depth = 8, colourType = 2, interlaced = false } = head;
  const data = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, depth, colourType, 0, 0, interlaced ? 1 : 0]);
  new DataView(data.buffer).setUint32(0, width);
  new DataView(data.buffer).setUint32(4, height);
  const parts = [SIGNATURE, makePngChunk('IHDR', data), ...chunks, makePngChunk('IEND', new Uint8Array())];
  return new Uint8Array(Buffer.concat(parts));
}
