/**
 * Uniforms: the hottest calls after draws, so each is one comparison of the program and one native call. A sampler's
 * unit is noted on the way, since a draw must know what it reads. Follows WebGL 2, section 3.7.8.
 */
import { ActiveUniforms } from './active-uniforms.ts';
import { GL } from './constants.ts';
import type { UniformLocation } from './objects.ts';

type UniformSetter = (location: number, count: number, values: NodeJS.ArrayBufferView) => void;
type MatrixSetter = (location: number, count: number, transpose: number, values: NodeJS.ArrayBufferView) => void;
type Numbers = Float32Array | Int32Array | Uint32Array;

export class Uniforms extends ActiveUniforms {
  /** Whether a location may be set: it belongs to the program in use. Null is ignored, as WebGL wants. */
  private settable(location: UniformLocation | null): boolean {
    if (location === null || location === undefined || !this.enter()) return false;
    if (location.program === this.program && location.linkCount === this.program.linkCount) return true;
    this.fail(GL.INVALID_OPERATION);
    return false;
  }

  /** Sets an array uniform: `size` numbers for each element, from `start` on, `length` numbers (0: to the end). */
  private setVector(
    location: UniformLocation | null,
    values: Numbers,
    size: number,
    set: UniformSetter,
    start: number,
    length: number,
  ): void {
    if (!this.settable(location)) return;
    const used = length === 0 ? values.subarray(start) : values.subarray(start, start + length);
    if (used.length < Math.max(size, length) || used.length % size !== 0) return this.fail(GL.INVALID_VALUE);
    set(location!.location, used.length / size, used);
  }

  private setMatrix(
    location: UniformLocation | null,
    transpose: boolean,
    values: Float32Array,
    size: number,
    set: MatrixSetter,
    start: number,
    length: number,
  ): void {
    const setTransposed: UniformSetter = (place, count, used) => set(place, count, Number(transpose), used);
    this.setVector(location, values, size, setTransposed, start, length);
  }

  uniform1i(location: UniformLocation | null, x: number): void {
    if (!this.settable(location)) return;
    if (location!.sampler !== null && !this.noteUnit(location!, 0, x)) return;
    this.native.glUniform1i(location!.location, Number(x));
  }

  uniform1iv(location: UniformLocation | null, values: Int32List, start: number = 0, length: number = 0): void {
    const list = int32(values);
    if (location?.sampler && this.settable(location)) {
      const units = length === 0 ? list.subarray(start) : list.subarray(start, start + length);
      if (!units.every((unit, index) => this.noteUnit(location, index, unit))) return;
    }
    this.setVector(location, list, 1, this.native.glUniform1iv, start, length);
  }

  /** Remembers which unit a sampler reads; false after refusing a unit that does not exist. */
  private noteUnit({ sampler, element }: UniformLocation, index: number, unit: number): boolean {
    if (!(unit >= 0 && unit < this.unitCount)) {
      this.fail(GL.INVALID_VALUE);
      return false;
    }
    if (sampler!.units[element + index] !== unit) {
      sampler!.units[element + index] = unit;
      this.drawStateChanged = true;
    }
    return true;
  }

  uniform1f(location: UniformLocation | null, x: number): void {
    if (this.settable(location)) this.native.glUniform1f(location!.location, x);
  }

  uniform1ui(location: UniformLocation | null, x: number): void {
    if (this.settable(location)) this.native.glUniform1ui(location!.location, x);
  }

  uniform2f(location: UniformLocation | null, x: number, y: number): void {
    if (this.settable(location)) this.native.glUniform2f(location!.location, x, y);
  }

  uniform2i(location: UniformLocation | null, x: number, y: number): void {
    if (this.settable(location)) this.native.glUniform2i(location!.location, x, y);
  }

  uniform2ui(location: UniformLocation | null, x: number, y: number): void {
    if (this.settable(location)) this.native.glUniform2ui(location!.location, x, y);
  }

  uniform3f(location: UniformLocation | null, x: number, y: number, z: number): void {
    if (this.settable(location)) this.native.glUniform3f(location!.location, x, y, z);
  }

  uniform3i(location: UniformLocation | null, x: number, y: number, z: number): void {
    if (this.settable(location)) this.native.glUniform3i(location!.location, x, y, z);
  }

  uniform3ui(location: UniformLocation | null, x: number, y: number, z: number): void {
    if (this.settable(location)) this.native.glUniform3ui(location!.location, x, y, z);
  }

  uniform4f(location: UniformLocation | null, x: number, y: number, z: number, w: number): void {
    if (this.settable(location)) this.native.glUniform4f(location!.location, x, y, z, w);
  }

  uniform4i(location: UniformLocation | null, x: number, y: number, z: number, w: number): void {
    if (this.settable(location)) this.native.glUniform4i(location!.location, x, y, z, w);
  }

  uniform4ui(location: UniformLocation | null, x: number, y: number, z: number, w: number): void {
    if (this.settable(location)) this.native.glUniform4ui(location!.location, x, y, z, w);
  }

  uniform1fv(location: UniformLocation | null, values: Float32List, start: number = 0, length: number = 0): void {
    this.setVector(location, float32(values), 1, this.native.glUniform1fv, start, length);
  }

  uniform1uiv(location: UniformLocation | null, values: Uint32List, start: number = 0, length: number = 0): void {
    this.setVector(location, uint32(values), 1, this.native.glUniform1uiv, start, length);
  }

  uniform2fv(location: UniformLocation | null, values: Float32List, start: number = 0, length: number = 0): void {
    this.setVector(location, float32(values), 2, this.native.glUniform2fv, start, length);
  }

  uniform2iv(location: UniformLocation | null, values: Int32List, start: number = 0, length: number = 0): void {
    this.setVector(location, int32(values), 2, this.native.glUniform2iv, start, length);
  }

  uniform2uiv(location: UniformLocation | null, values: Uint32List, start: number = 0, length: number = 0): void {
    this.setVector(location, uint32(values), 2, this.native.glUniform2uiv, start, length);
  }

  uniform3fv(location: UniformLocation | null, values: Float32List, start: number = 0, length: number = 0): void {
    this.setVector(location, float32(values), 3, this.native.glUniform3fv, start, length);
  }

  uniform3iv(location: UniformLocation | null, values: Int32List, start: number = 0, length: number = 0): void {
    this.setVector(location, int32(values), 3, this.native.glUniform3iv, start, length);
  }

  uniform3uiv(location: UniformLocation | null, values: Uint32List, start: number = 0, length: number = 0): void {
    this.setVector(location, uint32(values), 3, this.native.glUniform3uiv, start, length);
  }

  uniform4fv(location: UniformLocation | null, values: Float32List, start: number = 0, length: number = 0): void {
    this.setVector(location, float32(values), 4, this.native.glUniform4fv, start, length);
  }

  uniform4iv(location: UniformLocation | null, values: Int32List, start: number = 0, length: number = 0): void {
    this.setVector(location, int32(values), 4, this.native.glUniform4iv, start, length);
  }

  uniform4uiv(location: UniformLocation | null, values: Uint32List, start: number = 0, length: number = 0): void {
    this.setVector(location, uint32(values), 4, this.native.glUniform4uiv, start, length);
  }

  uniformMatrix2fv(
    location: UniformLocation | null,
    transpose: boolean,
    values: Float32List,
    start: number = 0,
    length: number = 0,
  ): void {
    this.setMatrix(location, transpose, float32(values), 4, this.native.glUniformMatrix2fv, start, length);
  }

  uniformMatrix3fv(
    location: UniformLocation | null,
    transpose: boolean,
    values: Float32List,
    start: number = 0,
    length: number = 0,
  ): void {
    this.setMatrix(location, transpose, float32(values), 9, this.native.glUniformMatrix3fv, start, length);
  }

  uniformMatrix4fv(
    location: UniformLocation | null,
    transpose: boolean,
    values: Float32List,
    start: number = 0,
    length: number = 0,
  ): void {
    this.setMatrix(location, transpose, float32(values), 16, this.native.glUniformMatrix4fv, start, length);
  }
}

const float32 = (values: Float32List): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values);
const int32 = (values: Int32List): Int32Array => (values instanceof Int32Array ? values : Int32Array.from(values));
const uint32 = (values: Uint32List): Uint32Array => (values instanceof Uint32Array ? values : Uint32Array.from(values));
