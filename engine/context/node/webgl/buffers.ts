/**
 * Buffer objects: created, bound, filled, read back. New storage holds zeros, and no call reads or writes outside a
 * buffer or a typed array: ranges are compared before the driver sees them. Follows WebGL 2, section 3.7.3.
 */
import { GL } from './constants.ts';
import { FixedFunction } from './fixed-function.ts';
import { BufferObject, VertexArrayObject } from './objects.ts';

const TARGETS: ReadonlySet<number> = new Set([
  GL.ARRAY_BUFFER,
  GL.ELEMENT_ARRAY_BUFFER,
  GL.COPY_READ_BUFFER,
  GL.COPY_WRITE_BUFFER,
  GL.PIXEL_PACK_BUFFER,
  GL.PIXEL_UNPACK_BUFFER,
  GL.UNIFORM_BUFFER,
]);

const ZEROS = new Uint8Array(1 << 20);

/** The bytes of a view from element `start` on, `count` of them (0: to the end); null when the view has fewer. */
export function sliceBytes(view: ArrayBufferView, start: number, count: number): Uint8Array | null {
  const elementBytes = 'BYTES_PER_ELEMENT' in view ? (view.BYTES_PER_ELEMENT as number) : 1;
  const first = start * elementBytes;
  const length = count === 0 ? view.byteLength - first : count * elementBytes;
  if (first < 0 || length < 0 || first + length > view.byteLength) return null;
  return new Uint8Array(view.buffer, view.byteOffset + first, length);
}

export class Buffers extends FixedFunction {
  /** What is bound to every target but ELEMENT_ARRAY_BUFFER, which belongs to the vertex array. */
  private readonly buffers = new Map<number, BufferObject>();

  /** The bound vertex array; this one, which exists from the start, when none is. */
  protected readonly defaultVertexArray: VertexArrayObject = new VertexArrayObject(this, 0);
  protected vertexArray: VertexArrayObject = this.defaultVertexArray;

  protected boundBuffer(target: number): BufferObject | null {
    if (target === GL.ELEMENT_ARRAY_BUFFER) return this.vertexArray.elementBuffer;
    return this.buffers.get(target) ?? null;
  }

  createBuffer(): BufferObject {
    if (!this.enter()) return lostObject(new BufferObject(this, 0));
    return new BufferObject(this, this.generate(this.native.glGenBuffers));
  }

  isBuffer(buffer: BufferObject | null): boolean {
    return this.isLive(buffer) && buffer!.target !== 0;
  }

  deleteBuffer(buffer: BufferObject | null): void {
    if (!this.enter() || !this.retire(buffer)) return;
    for (const [target, bound] of this.buffers) if (bound === buffer) this.buffers.delete(target);
    if (this.vertexArray.elementBuffer === buffer) this.vertexArray.elementBuffer = null;
    for (const attribute of this.vertexArray.attributes) if (attribute?.buffer === buffer) attribute!.buffer = null;
    this.native.glDeleteBuffers(1, Uint32Array.of(buffer!.id));
    this.drawStateChanged = true;
  }

  bindBuffer(target: number, buffer: BufferObject | null): void {
    if (!this.enter()) return;
    const name = this.nameOf(buffer);
    if (name < 0) return;
    if (!TARGETS.has(target)) return this.fail(GL.INVALID_ENUM);
    if (buffer !== null && !this.suits(buffer, target)) return this.fail(GL.INVALID_OPERATION);
    this.native.glBindBuffer(target, name);
    if (target === GL.ELEMENT_ARRAY_BUFFER) this.vertexArray.elementBuffer = buffer;
    else if (buffer === null) this.buffers.delete(target);
    else this.buffers.set(target, buffer);
  }

  /** Index data may not change type: a buffer bound to ELEMENT_ARRAY_BUFFER once takes copies but no other use. */
  private suits(buffer: BufferObject, target: number): boolean {
    const copies = target === GL.COPY_READ_BUFFER || target === GL.COPY_WRITE_BUFFER;
    if (buffer.target === 0 && !copies) buffer.target = target;
    if (copies || buffer.target === 0) return true;
    return (buffer.target === GL.ELEMENT_ARRAY_BUFFER) === (target === GL.ELEMENT_ARRAY_BUFFER);
  }

  bufferData(
    target: number,
    source: number | ArrayBufferView | ArrayBufferLike | null,
    usage: number,
    start: number = 0,
    count: number = 0,
  ): void {
    const buffer = this.bufferAt(target);
    if (buffer === null) return;
    if (source === null) return this.fail(GL.INVALID_VALUE);
    const data = typeof source === 'number' ? source : sliceBytes(asView(source), start, count);
    if (data === null || (typeof data === 'number' && !(Number.isSafeInteger(data) && data >= 0)))
      return this.fail(GL.INVALID_VALUE);
    this.collectErrors();
    const byteLength = typeof data === 'number' ? data : data.byteLength;
    this.native.glBufferData(target, byteLength, typeof data === 'number' ? null : data, usage);
    if (this.collectErrors() !== GL.NO_ERROR) return;
    buffer.byteLength = byteLength;
    this.drawStateChanged = true;
    if (typeof data === 'number') this.fillWithZeros(target, byteLength);
  }

  private fillWithZeros(target: number, byteLength: number): void {
    for (let offset = 0; offset < byteLength; offset += ZEROS.length) {
      this.native.glBufferSubData(target, offset, Math.min(ZEROS.length, byteLength - offset), ZEROS);
    }
  }

  bufferSubData(
    target: number,
    offset: number,
    source: ArrayBufferView | ArrayBufferLike,
    start: number = 0,
    count: number = 0,
  ): void {
    const buffer = this.bufferAt(target);
    if (buffer === null) return;
    const bytes = sliceBytes(asView(source), start, count);
    if (bytes === null || offset < 0 || offset + bytes.byteLength > buffer.byteLength)
      return this.fail(GL.INVALID_VALUE);
    this.native.glBufferSubData(target, offset, bytes.byteLength, bytes);
  }

  copyBufferSubData(from: number, to: number, fromOffset: number, toOffset: number, byteLength: number): void {
    if (this.enter()) this.native.glCopyBufferSubData(from, to, fromOffset, toOffset, byteLength);
  }

  /** Copies bytes of a buffer into a typed array; waits for the GPU work that writes them. */
  getBufferSubData(target: number, offset: number, destination: ArrayBufferView, start = 0, count = 0): void {
    const buffer = this.bufferAt(target);
    if (buffer === null) return;
    const bytes = sliceBytes(destination, start, count);
    if (bytes === null || offset < 0 || offset + bytes.byteLength > buffer.byteLength)
      return this.fail(GL.INVALID_VALUE);
    if (bytes.byteLength === 0) return;
    const address = this.native.glMapBufferRange(target, offset, bytes.byteLength, GL_MAP_READ_BIT);
    if (address === null) return;
    bytes.set(new Uint8Array(this.egl.library.viewMemory(address, bytes.byteLength)));
    this.native.glUnmapBuffer(target);
  }

  /** The buffer bound to `target`, or null after recording why there is none. */
  private bufferAt(target: number): BufferObject | null {
    if (!this.enter()) return null;
    const buffer = this.boundBuffer(target);
    if (buffer === null) this.fail(TARGETS.has(target) ? GL.INVALID_OPERATION : GL.INVALID_ENUM);
    return buffer;
  }
}

const GL_MAP_READ_BIT = 1;

const asView = (source: ArrayBufferView | ArrayBufferLike): ArrayBufferView =>
  ArrayBuffer.isView(source) ? source : new Uint8Array(source);

/** An object of a lost context: there, as the specification wants, but refused by every call. */
export function lostObject<Kind extends { deleted: boolean }>(object: Kind): Kind {
  object.deleted = true;
  return object;
}
