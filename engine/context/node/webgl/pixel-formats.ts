/**
 * Sizes and kinds of pixels: how many bytes a rectangle or box of them takes in a typed array under the pixel-store
 * parameters, which array type carries which pixel type, and how storage of each sized format is filled with zeros.
 * Follows OpenGL ES 3.0, tables 3.2 and 3.13, section 3.7.2 (unpacking), and WebGL 2, section 3.7.6.
 */
import { GL } from './constants.ts';

const COMPONENTS: ReadonlyMap<number, number> = new Map<number, number>([
  [GL.RED, 1],
  [GL.RED_INTEGER, 1],
  [GL.ALPHA, 1],
  [GL.LUMINANCE, 1],
  [GL.DEPTH_COMPONENT, 1],
  [GL.DEPTH_STENCIL, 1],
  [GL.LUMINANCE_ALPHA, 2],
  [GL.RG, 2],
  [GL.RG_INTEGER, 2],
  [GL.RGB, 3],
  [GL.RGB_INTEGER, 3],
  [GL.RGBA, 4],
  [GL.RGBA_INTEGER, 4],
]);

interface PixelType {
  /** Names of the array types that carry it, as their Symbol.toStringTag says: the same in every realm. */
  readonly arrays: readonly string[];
  readonly elementBytes: number;
  /** All components of a pixel in one element. */
  readonly packed: boolean;
}

const plain = (elementBytes: number, ...arrays: string[]): PixelType => ({ arrays, elementBytes, packed: false });
const packed = (elementBytes: number, ...arrays: string[]): PixelType => ({ arrays, elementBytes, packed: true });

const PIXEL_TYPES: ReadonlyMap<number, PixelType> = new Map<number, PixelType>([
  [GL.BYTE, plain(1, 'Int8Array')],
  [GL.UNSIGNED_BYTE, plain(1, 'Uint8Array', 'Uint8ClampedArray')],
  [GL.SHORT, plain(2, 'Int16Array')],
  [GL.UNSIGNED_SHORT, plain(2, 'Uint16Array')],
  [GL.HALF_FLOAT, plain(2, 'Uint16Array')],
  [GL.INT, plain(4, 'Int32Array')],
  [GL.UNSIGNED_INT, plain(4, 'Uint32Array')],
  [GL.FLOAT, plain(4, 'Float32Array')],
  [GL.UNSIGNED_SHORT_5_6_5, packed(2, 'Uint16Array')],
  [GL.UNSIGNED_SHORT_4_4_4_4, packed(2, 'Uint16Array')],
  [GL.UNSIGNED_SHORT_5_5_5_1, packed(2, 'Uint16Array')],
  [GL.UNSIGNED_INT_2_10_10_10_REV, packed(4, 'Uint32Array')],
  [GL.UNSIGNED_INT_10F_11F_11F_REV, packed(4, 'Uint32Array')],
  [GL.UNSIGNED_INT_5_9_9_9_REV, packed(4, 'Uint32Array')],
  [GL.UNSIGNED_INT_24_8, packed(4, 'Uint32Array')],
]);

/** Bytes of one pixel, or 0 when WebGL knows no such format or type. */
export function pixelBytes(format: number, type: number): number {
  const components = COMPONENTS.get(format);
  const pixelType = PIXEL_TYPES.get(type);
  if (components === undefined || pixelType === undefined) return 0;
  return (pixelType.packed ? 1 : components) * pixelType.elementBytes;
}

/** Whether WebGL takes this view for pixels of `type`: a Float32Array for FLOAT, a Uint16Array for HALF_FLOAT, … */
export function carries(view: ArrayBufferView, type: number): boolean {
  const name = (view as Partial<Uint8Array>)[Symbol.toStringTag];
  return name !== undefined && (PIXEL_TYPES.get(type)?.arrays.includes(name) ?? false);
}

/** The pixelStorei parameters of one direction, in pixels and rows; 0 means "as the image". */
export interface PixelStore {
  alignment: number;
  rowLength: number;
  imageHeight: number;
  skipPixels: number;
  skipRows: number;
  skipImages: number;
}

export const newPixelStore = (): PixelStore => ({
  alignment: 4,
  rowLength: 0,
  imageHeight: 0,
  skipPixels: 0,
  skipRows: 0,
  skipImages: 0,
});

/** Bytes from the start of the data to the end of the last pixel that is touched. */
export function imageBytes(
  store: PixelStore,
  bytesPerPixel: number,
  width: number,
  height: number,
  depth: number,
): number {
  if (width === 0 || height === 0 || depth === 0) return 0;
  const rowPixels = store.rowLength || width;
  const rowBytes = Math.ceil((rowPixels * bytesPerPixel) / store.alignment) * store.alignment;
  const imageRows = store.imageHeight || height;
  const rows = (store.skipImages + depth - 1) * imageRows + store.skipRows + height - 1;
  return rows * rowBytes + (store.skipPixels + width) * bytesPerPixel;
}

/** What a sized internal format is made of: a format and a type that describe zeros for it. */
export interface StorageFormat {
  readonly format: number;
  readonly type: number;
}

const rows = (format: number, type: number, ...internalFormats: number[]): [number, StorageFormat][] =>
  internalFormats.map((internalFormat) => [internalFormat, { format, type }]);

/** All sized formats of WebGL 2 that texStorage takes, compressed ones aside. */
export const STORAGE_FORMATS: ReadonlyMap<number, StorageFormat> = new Map<number, StorageFormat>([
  ...rows(GL.RED, GL.UNSIGNED_BYTE, GL.R8),
  ...rows(GL.RED, GL.BYTE, GL.R8_SNORM),
  ...rows(GL.RED, GL.HALF_FLOAT, GL.R16F),
  ...rows(GL.RED, GL.FLOAT, GL.R32F),
  ...rows(GL.RED_INTEGER, GL.UNSIGNED_BYTE, GL.R8UI),
  ...rows(GL.RED_INTEGER, GL.BYTE, GL.R8I),
  ...rows(GL.RED_INTEGER, GL.UNSIGNED_SHORT, GL.R16UI),
  ...rows(GL.RED_INTEGER, GL.SHORT, GL.R16I),
  ...rows(GL.RED_INTEGER, GL.UNSIGNED_INT, GL.R32UI),
  ...rows(GL.RED_INTEGER, GL.INT, GL.R32I),
  ...rows(GL.RG, GL.UNSIGNED_BYTE, GL.RG8),
  ...rows(GL.RG, GL.BYTE, GL.RG8_SNORM),
  ...rows(GL.RG, GL.HALF_FLOAT, GL.RG16F),
  ...rows(GL.RG, GL.FLOAT, GL.RG32F),
  ...rows(GL.RG_INTEGER, GL.UNSIGNED_BYTE, GL.RG8UI),
  ...rows(GL.RG_INTEGER, GL.BYTE, GL.RG8I),
  ...rows(GL.RG_INTEGER, GL.UNSIGNED_SHORT, GL.RG16UI),
  ...rows(GL.RG_INTEGER, GL.SHORT, GL.RG16I),
  ...rows(GL.RG_INTEGER, GL.UNSIGNED_INT, GL.RG32UI),
  ...rows(GL.RG_INTEGER, GL.INT, GL.RG32I),
  ...rows(GL.RGB, GL.UNSIGNED_BYTE, GL.RGB8, GL.SRGB8, GL.RGB565),
  ...rows(GL.RGB, GL.BYTE, GL.RGB8_SNORM),
  ...rows(GL.RGB, GL.HALF_FLOAT, GL.RGB16F),
  ...rows(GL.RGB, GL.FLOAT, GL.RGB32F),
  ...rows(GL.RGB, GL.UNSIGNED_INT_10F_11F_11F_REV, GL.R11F_G11F_B10F),
  ...rows(GL.RGB, GL.UNSIGNED_INT_5_9_9_9_REV, GL.RGB9_E5),
  ...rows(GL.RGB_INTEGER, GL.UNSIGNED_BYTE, GL.RGB8UI),
  ...rows(GL.RGB_INTEGER, GL.BYTE, GL.RGB8I),
  ...rows(GL.RGB_INTEGER, GL.UNSIGNED_SHORT, GL.RGB16UI),
  ...rows(GL.RGB_INTEGER, GL.SHORT, GL.RGB16I),
  ...rows(GL.RGB_INTEGER, GL.UNSIGNED_INT, GL.RGB32UI),
  ...rows(GL.RGB_INTEGER, GL.INT, GL.RGB32I),
  ...rows(GL.RGBA, GL.UNSIGNED_BYTE, GL.RGBA8, GL.SRGB8_ALPHA8, GL.RGB5_A1, GL.RGBA4),
  ...rows(GL.RGBA, GL.BYTE, GL.RGBA8_SNORM),
  ...rows(GL.RGBA, GL.UNSIGNED_INT_2_10_10_10_REV, GL.RGB10_A2),
  ...rows(GL.RGBA, GL.HALF_FLOAT, GL.RGBA16F),
  ...rows(GL.RGBA, GL.FLOAT, GL.RGBA32F),
  ...rows(GL.RGBA_INTEGER, GL.UNSIGNED_BYTE, GL.RGBA8UI),
  ...rows(GL.RGBA_INTEGER, GL.BYTE, GL.RGBA8I),
  ...rows(GL.RGBA_INTEGER, GL.UNSIGNED_INT_2_10_10_10_REV, GL.RGB10_A2UI),
  ...rows(GL.RGBA_INTEGER, GL.UNSIGNED_SHORT, GL.RGBA16UI),
  ...rows(GL.RGBA_INTEGER, GL.SHORT, GL.RGBA16I),
  ...rows(GL.RGBA_INTEGER, GL.UNSIGNED_INT, GL.RGBA32UI),
  ...rows(GL.RGBA_INTEGER, GL.INT, GL.RGBA32I),
  ...rows(GL.DEPTH_COMPONENT, GL.UNSIGNED_SHORT, GL.DEPTH_COMPONENT16),
  ...rows(GL.DEPTH_COMPONENT, GL.UNSIGNED_INT, GL.DEPTH_COMPONENT24),
  ...rows(GL.DEPTH_COMPONENT, GL.FLOAT, GL.DEPTH_COMPONENT32F),
  ...rows(GL.DEPTH_STENCIL, GL.UNSIGNED_INT_24_8, GL.DEPTH24_STENCIL8),
]);
