/**
 * Texture objects: created, bound to units, parameterised. What every unit holds is remembered, since each draw must
 * know what it reads. Follows WebGL 2, section 3.7.6, and WebGL 1, section 5.14.8.
 */
import { Buffers, lostObject } from './buffers.ts';
import { GL } from './constants.ts';
import { TextureObject } from './objects.ts';

const { TEXTURE0, TEXTURE_2D, TEXTURE_2D_ARRAY, TEXTURE_3D, TEXTURE_CUBE_MAP } = GL;
const SLOTS = 4;
export const CUBE_FACES: readonly number[] = [0, 1, 2, 3, 4, 5].map((face) => GL.TEXTURE_CUBE_MAP_POSITIVE_X + face);

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
function slotOf(target: number): number {
  switch (target) {
    case TEXTURE_2D:
      return 0;
    case TEXTURE_2D_ARRAY:
      return 1;
    case TEXTURE_3D:
      return 2;
    case TEXTURE_CUBE_MAP:
      return 3;
    default:
      return -1;
  }
}

export class Textures extends Buffers {
  private readonly bound: (TextureObject | null)[] = [];
  private activeUnit = 0;
  protected readonly unitCount: number = this.readInteger(GL.MAX_COMBINED_TEXTURE_IMAGE_UNITS);

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
}
