/**
 * Pixels out of framebuffers, into a typed array or into the bound PIXEL_PACK_BUFFER. An array that is too short or
 * of another type than the pixels is refused before the driver writes to it. Follows WebGL 2, section 3.7.10.
 */
import { sliceBytes } from './buffers.ts';
import { GL } from './constants.ts';
import { Framebuffers } from './framebuffers.ts';
import { carries, imageBytes, pixelBytes } from './pixel-formats.ts';

export class Readback extends Framebuffers {
  readPixels(
    x: number,
    y: number,
    width: number,
    height: number,
    format: number,
    type: number,
    destination: ArrayBufferView | number | null,
    start: number = 0,
  ): void {
    if (!this.enter()) return;
    const bytesPerPixel = pixelBytes(format, type);
    if (bytesPerPixel === 0) return this.fail(GL.INVALID_ENUM);
    if (width < 0 || height < 0) return this.fail(GL.INVALID_VALUE);
    const needed = imageBytes(this.pack, bytesPerPixel, width, height, 1);
    const buffer = this.boundBuffer(GL.PIXEL_PACK_BUFFER);
    if (typeof destination === 'number') {
      if (destination < 0) return this.fail(GL.INVALID_VALUE);
      if (buffer === null || destination + needed > buffer.byteLength) return this.fail(GL.INVALID_OPERATION);
      this.native.glReadPixels(x, y, width, height, format, type, destination);
      return;
    }
    if (destination === null) return this.fail(GL.INVALID_VALUE);
    if (buffer !== null || !carries(destination, type)) return this.fail(GL.INVALID_OPERATION);
    const bytes = sliceBytes(destination, start, 0);
    if (bytes === null || bytes.byteLength < needed) return this.fail(GL.INVALID_OPERATION);
    this.native.glReadPixels(x, y, width, height, format, type, bytes);
  }
}
