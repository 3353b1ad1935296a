/**
 * What a PNG's first chunk, IHDR, says, and what that makes of the pixel data: how many rows of how many bytes, for the
 * whole picture or for each of the seven passes of an interlaced one (PNG specification, 8.2 and 11.2.1).
 *
 * Pure: runs in Node and in the browser.
 */
import { corruptPng, isChunkWhole, readPngChunks } from './png-chunks.ts';

/** Sizes in pixels, depth in bits for each of `channels` samples. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: ColourType;
  readonly channels: number;
  readonly interlaced: boolean;
  /** Where IHDR ends in the file. */
  readonly end: number;
}

/** Grey, RGB, palette, grey with alpha, RGBA. */
type ColourType = 0 | 2 | 3 | 4 | 6;

/** Pixels at every `stepX`, `stepY` from (`left`, `top`), `columns` × `rows` of them. */
interface PngPass {
  readonly left: number;
  readonly top: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly columns: number;
  readonly rows: number;
  /** Bytes of a row without its filter byte. */
  readonly rowBytes: number;
}

const FORMATS: ReadonlyMap<number, { type: ColourType; channels: number; depths: readonly number[] }> = new Map([
  [0, { type: 0, channels: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { type: 2, channels: 3, depths: [8, 16] }],
  [3, { type: 3, channels: 1, depths: [1, 2, 4, 8] }],
  [4, { type: 4, channels: 2, depths: [8, 16] }],
  [6, { type: 6, channels: 4, depths: [8, 16] }],
]);

/** Adam7: left, top, step across, step down. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Reads IHDR, which must come first. Throws `E_IMAGE_CORRUPT`. */
export function readPngHeader(png: Uint8Array, name: string): PngHeader {
  const chunk = readPngChunks(png, name).next().value;
  if (!chunk || chunk.type !== 'IHDR' || chunk.data.length !== 13) {
    throw corruptPng(name, 'it does not start with an image header');
  }
  if (!isChunkWhole(png, chunk)) throw corruptPng(name, 'its header does not match its checksum');
  const { data } = chunk;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  if (width === 0 || height === 0) throw corruptPng(name, `its header says ${width} × ${height} pixels`);
  const [depth, colourType, compression, filter, interlace] = data.subarray(8) as unknown as readonly number[];
  const format = FORMATS.get(colourType!);
  if (!format?.depths.includes(depth!)) {
    throw corruptPng(name, `its header names colour type ${colourType} with ${depth} bits, which does not exist`);
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    throw corruptPng(name, 'its header names a compression, filter or interlacing that does not exist');
  }
  const { type, channels } = format;
  return { width, height, depth: depth!, colourType: type, channels, interlaced: interlace === 1, end: chunk.end };
}

/** The passes that have pixels, in the order of the file; one for a picture that is not interlaced. */
function listPngPasses({ width, height, depth, channels, interlaced }: PngHeader): PngPass[] {
  return (interlaced ? ADAM7 : [[0, 0, 1, 1] as const])
    .map(([left, top, stepX, stepY]) => {
      const columns = Math.ceil((width - left) / stepX);
      const rows = Math.ceil((height - top) / stepY);
      return { left, top, stepX, stepY, columns, rows, rowBytes: Math.ceil((columns * channels * depth) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Bytes of pixel data when unpacked, the filter byte of each row included. */
export function countPngBytes(header: PngHeader): number {
  return listPngPasses(header).reduce((total, { rows, rowBytes }) => total + rows * (1 + rowBytes), 0);
}
