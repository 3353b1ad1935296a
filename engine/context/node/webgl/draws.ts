/**
 * Vertex arrays and draws. Before a draw whose state changed since the last one it is checked that no texture is both
 * read and attached (any layer or level of it: stricter than WebGL for mipmap levels, which nobody here uses), and
 * that every vertex read lies in a buffer. Follows WebGL 2, section 3.7.2, 3.7.9 and 4.1 (feedback loops).
 */
import { lostObject } from './buffers.ts';
import { GL } from './constants.ts';
import { VertexArrayObject, type BufferObject, type VertexAttribute } from './objects.ts';
import { Uniforms } from './uniforms.ts';

const ELEMENT_BYTES: ReadonlyMap<number, number> = new Map<number, number>([
  [GL.BYTE, 1],
  [GL.UNSIGNED_BYTE, 1],
  [GL.SHORT, 2],
  [GL.UNSIGNED_SHORT, 2],
  [GL.HALF_FLOAT, 2],
  [GL.INT, 4],
  [GL.UNSIGNED_INT, 4],
  [GL.FLOAT, 4],
]);

export class Draws extends Uniforms {
  private readonly attributeCount = this.readInteger(GL.MAX_VERTEX_ATTRIBS);
  /** What the last check found, valid until the draw state changes. */
  private drawError: number = GL.NO_ERROR;
  private vertexLimit = Infinity;
  private instanceLimit = Infinity;

  createVertexArray(): VertexArrayObject {
    if (!this.enter()) return lostObject(new VertexArrayObject(this, 0));
    return new VertexArrayObject(this, this.generate(this.native.glGenVertexArrays));
  }

  isVertexArray(array: VertexArrayObject | null): boolean {
    return this.isLive(array);
  }

  deleteVertexArray(array: VertexArrayObject | null): void {
    if (!this.enter() || !this.retire(array)) return;
    if (this.vertexArray === array) this.bindVertexArray(null);
    this.native.glDeleteVertexArrays(1, Uint32Array.of(array!.id));
  }

  bindVertexArray(array: VertexArrayObject | null): void {
    if (!this.enter()) return;
    const name = this.nameOf(array);
    if (name < 0) return;
    this.vertexArray = array ?? this.defaultVertexArray;
    this.drawStateChanged = true;
    this.native.glBindVertexArray(name);
  }

  /** The bound vertex array's attribute, or null after refusing an index that does not exist. */
  private attribute(index: number): VertexAttribute | null {
    if (!this.enter()) return null;
    if (!(index >= 0 && index < this.attributeCount)) {
      this.fail(GL.INVALID_VALUE);
      return null;
    }
    this.drawStateChanged = true;
    const fresh = { enabled: false, buffer: null, elementBytes: 16, stride: 16, offset: 0, divisor: 0 };
    return (this.vertexArray.attributes[index] ??= fresh);
  }

  enableVertexAttribArray(index: number): void {
    const attribute = this.attribute(index);
    if (attribute === null) return;
    attribute.enabled = true;
    this.native.glEnableVertexAttribArray(index);
  }

  disableVertexAttribArray(index: number): void {
    const attribute = this.attribute(index);
    if (attribute === null) return;
    attribute.enabled = false;
    this.native.glDisableVertexAttribArray(index);
  }

  vertexAttribDivisor(index: number, divisor: number): void {
    const attribute = this.attribute(index);
    if (attribute === null) return;
    attribute.divisor = divisor;
    this.native.glVertexAttribDivisor(index, divisor);
  }

  vertexAttribPointer(
    index: number,
    size: number,
    type: number,
    normalized: boolean,
    stride: number,
    offset: number,
  ): void {
    if (!this.setPointer(index, size, type, stride, offset)) return;
    this.native.glVertexAttribPointer(index, size, type, Number(normalized), stride, offset);
  }

  vertexAttribIPointer(index: number, size: number, type: number, stride: number, offset: number): void {
    if (!this.setPointer(index, size, type, stride, offset)) return;
    this.native.glVertexAttribIPointer(index, size, type, stride, offset);
  }

  private setPointer(index: number, size: number, type: number, stride: number, offset: number): boolean {
    const attribute = this.attribute(index);
    if (attribute === null) return false;
    const buffer: BufferObject | null = this.boundBuffer(GL.ARRAY_BUFFER);
    const elementBytes = size * (ELEMENT_BYTES.get(type) ?? 0);
    if (elementBytes === 0) this.fail(GL.INVALID_ENUM);
    else if (offset < 0 || stride < 0 || stride > 255) this.fail(GL.INVALID_VALUE);
    else if (buffer === null && offset !== 0) this.fail(GL.INVALID_OPERATION);
    else {
      Object.assign(attribute, { buffer, elementBytes, stride: stride || elementBytes, offset });
      return true;
    }
    return false;
  }

  vertexAttrib4fv(index: number, values: Float32List): void {
    if (!this.enter()) return;
    const data = Float32Array.from(values);
    if (data.length < 4) return this.fail(GL.INVALID_VALUE);
    this.native.glVertexAttrib4fv(index, data);
  }

  drawArrays(mode: number, first: number, count: number): void {
    if (this.mayDraw(first, count, 1)) this.native.glDrawArrays(mode, first, count);
  }

  drawArraysInstanced(mode: number, first: number, count: number, instances: number): void {
    if (this.mayDraw(first, count, instances)) this.native.glDrawArraysInstanced(mode, first, count, instances);
  }

  drawElements(mode: number, count: number, type: number, offset: number): void {
    if (this.mayDrawElements(count, type, offset, 1)) this.native.glDrawElements(mode, count, type, offset);
  }

  drawElementsInstanced(mode: number, count: number, type: number, offset: number, instances: number): void {
    if (!this.mayDrawElements(count, type, offset, instances)) return;
    this.native.glDrawElementsInstanced(mode, count, type, offset, instances);
  }

  private mayDrawElements(count: number, type: number, offset: number, instances: number): boolean {
    if (!this.mayDraw(0, 0, instances)) return false;
    const elements = this.vertexArray.elementBuffer;
    const end = offset + count * (ELEMENT_BYTES.get(type) ?? 4);
    if (elements !== null && count >= 0 && offset >= 0 && end <= elements.byteLength) return true;
    this.fail(elements !== null && (count < 0 || offset < 0) ? GL.INVALID_VALUE : GL.INVALID_OPERATION);
    return false;
  }

  private mayDraw(first: number, count: number, instances: number): boolean {
    if (!this.enter()) return false;
    if (this.drawStateChanged) this.checkDrawState();
    if (this.drawError !== GL.NO_ERROR) this.fail(this.drawError);
    else if (first < 0 || count < 0 || instances < 0) this.fail(GL.INVALID_VALUE);
    else if (first + count > this.vertexLimit || instances > this.instanceLimit) this.fail(GL.INVALID_OPERATION);
    else return true;
    return false;
  }

  private checkDrawState(): void {
    this.drawStateChanged = false;
    this.vertexLimit = Infinity;
    this.instanceLimit = Infinity;
    const refused = this.program === null || this.readsWhatItDraws() || !this.limitVertices();
    this.drawError = refused ? GL.INVALID_OPERATION : GL.NO_ERROR;
  }

  /** Whether a sampler of the program reads a texture that is attached, drawn to or not: browsers refuse both. */
  private readsWhatItDraws(): boolean {
    if (this.drawFramebuffer === null) return false;
    const { attachments } = this.drawFramebuffer;
    for (const { target, units } of this.samplersOf(this.program!).values()) {
      for (const unit of units) {
        const texture = this.textureAt(unit, target);
        if (texture !== null && attachments.includes(texture)) return true;
      }
    }
    return false;
  }

  /** Finds how many vertices and instances the enabled attributes hold; false when one has no buffer. */
  private limitVertices(): boolean {
    for (const attribute of this.vertexArray.attributes) {
      if (attribute?.enabled !== true) continue;
      const { buffer, elementBytes, stride, offset, divisor } = attribute;
      if (buffer === null) return false;
      const room = buffer.byteLength - offset - elementBytes;
      const elements = room < 0 ? 0 : Math.floor(room / stride) + 1;
      if (divisor === 0) this.vertexLimit = Math.min(this.vertexLimit, elements);
      else this.instanceLimit = Math.min(this.instanceLimit, elements * divisor);
    }
    return true;
  }
}
