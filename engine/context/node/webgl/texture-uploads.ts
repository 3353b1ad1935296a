/**
 * Pixels into textures: texImage, texSubImage, and the pixel-store parameters that say how they lie in memory. A
 * typed array that is too short, or of another type than the pixels, is refused before the driver reads it. Uploads
 * from images, canvases and videos do not exist here: there is no DOM. Follows WebGL 2, section 3.7.6.
 */
import { GL } from './constants.ts';
import type { NativePointer } from '../native-signature.ts';
import { sliceBytes } from './buffers.ts';
import { carries, imageBytes, newPixelStore, pixelBytes, type PixelStore } from './pixel-formats.ts';
import { TextureStorage } from './texture-storage.ts';

/** Where pixels come from: an array, an offset into the bound PIXEL_UNPACK_BUFFER, or nowhere (zeros). */
type PixelSource = ArrayBufferView | number | null;

const STORE_PARAMETERS: ReadonlyMap<number, readonly ['pack' | 'unpack', keyof PixelStore]> = new Map<
  number,
  readonly ['pack' | 'unpack', keyof PixelStore]
>([
  [GL.PACK_ALIGNMENT, ['pack', 'alignment']],
  [GL.PACK_ROW_LENGTH, ['pack', 'rowLength']],
  [GL.PACK_SKIP_PIXELS, ['pack', 'skipPixels']],
  [GL.PACK_SKIP_ROWS, ['pack', 'skipRows']],
  [GL.UNPACK_ALIGNMENT, ['unpack', 'alignment']],
  [GL.UNPACK_ROW_LENGTH, ['unpack', 'rowLength']],
  [GL.UNPACK_IMAGE_HEIGHT, ['unpack', 'imageHeight']],
  [GL.UNPACK_SKIP_PIXELS, ['unpack', 'skipPixels']],
  [GL.UNPACK_SKIP_ROWS, ['unpack', 'skipRows']],
  [GL.UNPACK_SKIP_IMAGES, ['unpack', 'skipImages']],
]);

/** Parameters of WebGL's own conversions, of which only "none" exists here. */
const CONVERSIONS: ReadonlySet<number> = new Set([
  GL.UNPACK_FLIP_Y_WEBGL,
  GL.UNPACK_PREMULTIPLY_ALPHA_WEBGL,
  GL.UNPACK_COLORSPACE_CONVERSION_WEBGL,
]);

/** The pixels of one call. The parameters for images apply only to the three-dimensional calls. */
interface PixelBox {
  readonly format: number;
  readonly type: number;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly is3D: boolean;
}

const REFUSED = Symbol('refused');

export class TextureUploads extends TextureStorage {
  protected readonly pack: PixelStore = newPixelStore();

  pixelStorei(name: number, value: number | boolean): void {
    if (!this.enter()) return;
    const number = Number(value);
    if (CONVERSIONS.has(name)) return this.setConversion(name, number);
    const parameter = STORE_PARAMETERS.get(name);
    if (parameter === undefined) return this.fail(GL.INVALID_ENUM);
    const [direction, field] = parameter;
    const valid = field === 'alignment' ? [1, 2, 4, 8].includes(number) : number >= 0;
    if (!valid) return this.fail(GL.INVALID_VALUE);
    this[direction][field] = number;
    this.native.glPixelStorei(name, number);
  }

  private setConversion(name: number, value: number): void {
    const isDefault = name === GL.UNPACK_COLORSPACE_CONVERSION_WEBGL && value === GL.BROWSER_DEFAULT_WEBGL;
    if (value === 0 || isDefault) return;
    this.fail(GL.INVALID_VALUE);
  }

  texImage2D(
    target: number,
    level: number,
    internalFormat: number,
    width: number,
    height: number,
    border: number,
    format: number,
    type: number,
    pixels: PixelSource,
    start: number = 0,
  ): void {
    this.upload(target, { format, type, width, height, depth: 1, is3D: false }, pixels, start, (data) => {
      this.native.glTexImage2D(target, level, internalFormat, width, height, border, format, type, data);
      return level;
    });
  }

  texImage3D(
    target: number,
    level: number,
    internalFormat: number,
    width: number,
    height: number,
    depth: number,
    border: number,
    format: number,
    type: number,
    pixels: PixelSource,
    start: number = 0,
  ): void {
    this.upload(target, { format, type, width, height, depth, is3D: true }, pixels, start, (data) => {
      this.native.glTexImage3D(target, level, internalFormat, width, height, depth, border, format, type, data);
      return level;
    });
  }

  texSubImage2D(
    target: number,
    level: number,
    x: number,
    y: number,
    width: number,
    height: number,
    format: number,
    type: number,
    pixels: PixelSource,
    start: number = 0,
  ): void {
    if (pixels === null) return this.fail(GL.INVALID_VALUE);
    this.upload(target, { format, type, width, height, depth: 1, is3D: false }, pixels, start, (data) => {
      this.native.glTexSubImage2D(target, level, x, y, width, height, format, type, data);
    });
  }

  texSubImage3D(
    target: number,
    level: number,
    x: number,
    y: number,
    z: number,
    width: number,
    height: number,
    depth: number,
    format: number,
    type: number,
    pixels: PixelSource,
    start: number = 0,
  ): void {
    if (pixels === null) return this.fail(GL.INVALID_VALUE);
    this.upload(target, { format, type, width, height, depth, is3D: true }, pixels, start, (data) => {
      this.native.glTexSubImage3D(target, level, x, y, z, width, height, depth, format, type, data);
    });
  }

  copyTexSubImage2D(
    target: number,
    level: number,
    toX: number,
    toY: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    if (this.enter()) this.native.glCopyTexSubImage2D(target, level, toX, toY, x, y, width, height);
  }

  copyTexSubImage3D(
    target: number,
    level: number,
    toX: number,
    toY: number,
    toZ: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    if (this.enter()) this.native.glCopyTexSubImage3D(target, level, toX, toY, toZ, x, y, width, height);
  }

  /** Checks what would be read, passes it on, and fills a level that was allocated without pixels (`send` names it). */
  private upload(
    target: number,
    box: PixelBox,
    pixels: PixelSource,
    start: number,
    send: (data: NativePointer) => number | void,
  ): void {
    if (!this.enter()) return;
    const texture = this.boundTexture(target);
    if (texture === null) return;
    const data = this.readable(box, pixels, start);
    if (data === REFUSED) return;
    this.collectErrors();
    const level = send(data);
    if (this.collectErrors() !== GL.NO_ERROR || data !== null || level === undefined) return;
    if (box.width > 0 && box.height > 0 && box.depth > 0) this.fillWithZero(texture, target, level, box, box);
  }

  /** What the driver may read: enough bytes, an offset into the unpack buffer, or null; else a recorded error. */
  private readable(
    { format, type, width, height, depth, is3D }: PixelBox,
    pixels: PixelSource,
    start: number,
  ): NativePointer | typeof REFUSED {
    const refuse = (error: number): typeof REFUSED => {
      this.fail(error);
      return REFUSED;
    };
    const bytesPerPixel = pixelBytes(format, type);
    if (bytesPerPixel === 0) return refuse(GL.INVALID_ENUM);
    if (width < 0 || height < 0 || depth < 0) return refuse(GL.INVALID_VALUE);
    const buffer = this.boundBuffer(GL.PIXEL_UNPACK_BUFFER);
    const store = is3D ? this.unpack : { ...this.unpack, skipImages: 0, imageHeight: 0 };
    const needed = imageBytes(store, bytesPerPixel, width, height, depth);
    if (typeof pixels === 'number') {
      const fits = buffer !== null && pixels >= 0 && pixels + needed <= buffer.byteLength;
      return fits ? pixels : refuse(buffer !== null && pixels < 0 ? GL.INVALID_VALUE : GL.INVALID_OPERATION);
    }
    if (buffer !== null) return refuse(GL.INVALID_OPERATION);
    if (pixels === null) return null;
    if (!ArrayBuffer.isView(pixels)) throw new TypeError('WebGL: pixels must be a typed array, null or an offset.');
    if (!carries(pixels, type)) return refuse(GL.INVALID_OPERATION);
    const bytes = sliceBytes(pixels, start, 0);
    return bytes === null || bytes.byteLength < needed ? refuse(GL.INVALID_OPERATION) : bytes;
  }
}
