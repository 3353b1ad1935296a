/**
 * Texture objects: created, bound to units, parameterised, allocated. New storage holds zeros before anyone can read
 * it. Follows WebGL 2, section 3.7.6, and WebGL 1, section 5.14.8.
 */
import { Buffers, lostObject } from './buffers.ts';
import { GL } from './constants.ts';
import { TextureObject } from './objects.ts';
import { newPixelStore, pixelBytes, STORAGE_FORMATS, type PixelStore, type StorageFormat } from './pixel-formats.ts';

const { TEXTURE0 } = GL;
const SLOTS = 4;
const ZERO_BYTES = 1 << 22;
const CUBE_FACES = [0, 1, 2, 3, 4, 5].map((face) => GL.TEXTURE_CUBE_MAP_POSITIVE_X + face);

const FLOAT_PARAMETERS: ReadonlySet<number> = new Set([GL.TEXTURE_MIN_LOD, GL.TEXTURE_MAX_LOD]);
const INTEGER_PARAMETERS: ReadonlySet<number> = new Set([
  GL.TEXTURE_BASE_LEVEL,
  GL.TEXTURE_COMPARE_FUNC,
  GL.TEXTURE_COMPARE_MODE,
  GL.TEXTURE_IMMUTABLE_FORMAT,
  GL.TEXTURE_IMMUTABLE_LEVELS,
  GL.TEXTURE_MAG_FILTER,
  GL.TEXTURE_MAX_LEVEL,
  GL.TEXTURE_MIN_FILTER,
  GL.TEXTURE_WRAP_R,
  GL.TEXTURE_WRAP_S,
  GL.TEXTURE_WRAP_T,
]);

/** The place of a texture target among those of one unit; -1 for what is no target. */
export function slotOf(target: number): number {
  switch (target) {
    case GL.TEXTURE_2D:
      return 0;
    case GL.TEXTURE_2D_ARRAY:
      return 1;
    case GL.TEXTURE_3D:
      return 2;
    case GL.TEXTURE_CUBE_MAP:
      return 3;
    default:
      return -1;
  }
}

/** The box of one level, in texels; `depth` counts layers or slices. */
interface Extent {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

export class Textures extends Buffers {
  protected readonly unpack: PixelStore = newPixelStore();
  protected readonly pack: PixelStore = newPixelStore();
  private readonly bound: (TextureObject | null)[] = [];
  private activeUnit = 0;
  protected readonly unitCount = this.readInteger(GL.MAX_COMBINED_TEXTURE_IMAGE_UNITS);
  private readonly clearsTextures =
    this.egl.extensions.has('GL_EXT_clear_texture') && this.native.glClearTexImageEXT !== undefined;

  protected readInteger(name: number): number {
    const value = new Int32Array(1);
    this.native.glGetIntegerv(name, value);
    return value[0]!;
  }

  protected textureAt(unit: number, target: number): TextureObject | null {
    return this.bound[unit * SLOTS + slotOf(target)] ?? null;
  }

  /** The texture that a call on `target` means, or null after recording why there is none. */
  protected boundTexture(target: number): TextureObject | null {
    const face = target >= CUBE_FACES[0]! && target <= CUBE_FACES[5]!;
    const slot = slotOf(face ? GL.TEXTURE_CUBE_MAP : target);
    const texture = slot < 0 ? null : (this.bound[this.activeUnit * SLOTS + slot] ?? null);
    if (texture === null) this.fail(slot < 0 ? GL.INVALID_ENUM : GL.INVALID_OPERATION);
    return texture;
  }

  protected currentTexture(target: number): TextureObject | null {
    return this.textureAt(this.activeUnit, target);
  }

  protected get activeTextureUnit(): number {
    return TEXTURE0 + this.activeUnit;
  }

  createTexture(): TextureObject {
    if (!this.enter()) return lostObject(new TextureObject(this, 0));
    return new TextureObject(this, this.generate(this.native.glGenTextures));
  }

  isTexture(texture: TextureObject | null): boolean {
    return this.isLive(texture) && texture!.target !== 0;
  }

  deleteTexture(texture: TextureObject | null): void {
    if (!this.enter() || !this.retire(texture)) return;
    for (let index = 0; index < this.bound.length; index++) {
      if (this.bound[index] === texture) this.bound[index] = null;
    }
    this.native.glDeleteTextures(1, Uint32Array.of(texture!.id));
    this.drawStateChanged = true;
  }

  activeTexture(unit: number): void {
    if (!this.enter()) return;
    const index = unit - TEXTURE0;
    if (index < 0 || index >= this.unitCount) return this.fail(GL.INVALID_ENUM);
    this.activeUnit = index;
    this.native.glActiveTexture(unit);
  }

  bindTexture(target: number, texture: TextureObject | null): void {
    if (!this.enter()) return;
    const name = this.nameOf(texture);
    if (name < 0) return;
    const slot = slotOf(target);
    if (slot < 0) return this.fail(GL.INVALID_ENUM);
    if (texture !== null) {
      if (texture.target === 0) texture.target = target;
      if (texture.target !== target) return this.fail(GL.INVALID_OPERATION);
    }
    this.bound[this.activeUnit * SLOTS + slot] = texture;
    this.drawStateChanged = true;
    this.native.glBindTexture(target, name);
  }

  texParameteri(target: number, name: number, value: number): void {
    if (this.enter() && this.boundTexture(target) !== null) this.native.glTexParameteri(target, name, value);
  }

  texParameterf(target: number, name: number, value: number): void {
    if (this.enter() && this.boundTexture(target) !== null) this.native.glTexParameterf(target, name, value);
  }

  getTexParameter(target: number, name: number): number | boolean | null {
    if (!this.enter() || this.boundTexture(target) === null) return null;
    if (FLOAT_PARAMETERS.has(name)) {
      const value = new Float32Array(1);
      this.native.glGetTexParameterfv(target, name, value);
      return value[0]!;
    }
    if (!INTEGER_PARAMETERS.has(name)) {
      this.fail(GL.INVALID_ENUM);
      return null;
    }
    const value = new Int32Array(1);
    this.native.glGetTexParameteriv(target, name, value);
    return name === GL.TEXTURE_IMMUTABLE_FORMAT ? value[0] !== 0 : value[0]!;
  }

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
    const flat = slotOf(target) <= 0 || slotOf(target) === 3;
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
