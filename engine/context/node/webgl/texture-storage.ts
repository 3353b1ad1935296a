/**
 * Storage of textures. What is new holds zeros before anyone can read it: cleared by the driver where it has
 * EXT_clear_texture, else by uploading zeros; neither leaves a trace in the caller's state. Follows WebGL 2, section
 * 3.7.6, and OpenGL ES 3.0, section 3.8.4 (immutable storage).
 */
import { GL } from './constants.ts';
import type { TextureObject } from './objects.ts';
import { newPixelStore, pixelBytes, STORAGE_FORMATS, type PixelStore, type StorageFormat } from './pixel-formats.ts';
import { CUBE_FACES, Textures } from './textures.ts';

/** The most zeros uploaded at once. */
const ZERO_BYTES = 1 << 22;

/** The box of one level, in texels; `depth` counts layers or slices. */
interface Extent {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

export class TextureStorage extends Textures {
  protected readonly unpack: PixelStore = newPixelStore();
  private readonly clearsTextures =
    this.egl.extensions.has('GL_EXT_clear_texture') && this.native.glClearTexImageEXT !== undefined;

  texStorage2D(target: number, levels: number, internalFormat: number, width: number, height: number): void {
    const allocate = (): void => this.native.glTexStorage2D(target, levels, internalFormat, width, height);
    this.store(target, levels, internalFormat, { width, height, depth: 1 }, allocate);
  }

  texStorage3D(
    target: number,
    levels: number,
    internalFormat: number,
    width: number,
    height: number,
    depth: number,
  ): void {
    const allocate = (): void => this.native.glTexStorage3D(target, levels, internalFormat, width, height, depth);
    this.store(target, levels, internalFormat, { width, height, depth }, allocate);
  }

  private store(target: number, levels: number, internalFormat: number, extent: Extent, allocate: () => void): void {
    if (!this.enter()) return;
    const texture = this.boundTexture(target);
    if (texture === null) return;
    const storage = STORAGE_FORMATS.get(internalFormat);
    if (storage === undefined) return this.fail(GL.INVALID_ENUM);
    if (levels < 1 || extent.width < 1 || extent.height < 1 || extent.depth < 1) return this.fail(GL.INVALID_VALUE);
    this.collectErrors();
    allocate();
    if (this.collectErrors() !== GL.NO_ERROR) return;
    for (let level = 0; level < levels; level++) {
      this.fillWithZero(texture, target, level, storage, {
        width: Math.max(1, extent.width >> level),
        height: Math.max(1, extent.height >> level),
        depth: target === GL.TEXTURE_3D ? Math.max(1, extent.depth >> level) : extent.depth,
      });
    }
  }

  /** Fills one level with zeros and leaves no trace in the caller's state. `target` may be a face of a cube. */
  protected fillWithZero(
    texture: TextureObject,
    target: number,
    level: number,
    storage: StorageFormat,
    extent: Extent,
  ): void {
    if (this.clearsTextures && texture.target === target) {
      this.native.glClearTexImageEXT!(texture.id, level, storage.format, storage.type, null);
      return;
    }
    const targets = target === GL.TEXTURE_CUBE_MAP ? CUBE_FACES : [target];
    this.withPlainUnpacking(() => {
      for (const face of targets) this.uploadZeros(face, level, storage, extent);
    });
  }

  /** Uploads zeros in bands of rows, so that a large texture needs no large array. */
  private uploadZeros(target: number, level: number, { format, type }: StorageFormat, extent: Extent): void {
    const rowBytes = pixelBytes(format, type) * extent.width;
    const bandHeight = Math.max(1, Math.min(extent.height, Math.floor(ZERO_BYTES / rowBytes)));
    const zeros = new Uint8Array(rowBytes * bandHeight);
    const flat = target !== GL.TEXTURE_2D_ARRAY && target !== GL.TEXTURE_3D;
    for (let layer = 0; layer < extent.depth; layer++) {
      for (let y = 0; y < extent.height; y += bandHeight) {
        const height = Math.min(bandHeight, extent.height - y);
        if (flat) this.native.glTexSubImage2D(target, level, 0, y, extent.width, height, format, type, zeros);
        else this.native.glTexSubImage3D(target, level, 0, y, layer, extent.width, height, 1, format, type, zeros);
      }
    }
  }

  private withPlainUnpacking(upload: () => void): void {
    const store = this.unpack;
    const buffer = this.boundBuffer(GL.PIXEL_UNPACK_BUFFER);
    if (buffer !== null) this.native.glBindBuffer(GL.PIXEL_UNPACK_BUFFER, 0);
    this.applyUnpackStore({ ...newPixelStore(), alignment: 1 });
    upload();
    this.applyUnpackStore(store);
    if (buffer !== null) this.native.glBindBuffer(GL.PIXEL_UNPACK_BUFFER, buffer.id);
  }

  private applyUnpackStore(store: PixelStore): void {
    this.native.glPixelStorei(GL.UNPACK_ALIGNMENT, store.alignment);
    this.native.glPixelStorei(GL.UNPACK_ROW_LENGTH, store.rowLength);
    this.native.glPixelStorei(GL.UNPACK_IMAGE_HEIGHT, store.imageHeight);
    this.native.glPixelStorei(GL.UNPACK_SKIP_PIXELS, store.skipPixels);
    this.native.glPixelStorei(GL.UNPACK_SKIP_ROWS, store.skipRows);
    this.native.glPixelStorei(GL.UNPACK_SKIP_IMAGES, store.skipImages);
  }
}
