/** Bytes to floats and back, and the numbers that are no colours. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPixels, toPixels } from './tensor.ts';

describe('toPixels and fromPixels', () => {
  it('separate the planes and divide by 255', () => {
    const picture = { width: 2, height: 1, data: new Uint8Array([0, 51, 255, 102, 153, 204]) };
    expect(toPixels(picture)).toEqual(new Float32Array([0, 0.4, 0.2, 0.6, 1, 0.8]));
  });

  it('return any bytes unchanged', () => {
    const sides = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(sides, sides, fc.infiniteStream(fc.nat(255)), (width, height, bytes) => {
        const data = Uint8Array.from([...bytes.take(width * height * 3)]);
        const pixels = toPixels({ width, height, data });
        expect(fromPixels(pixels, [1, 3, height, width])).toEqual([{ width, height, data }]);
      }),
      { numRuns: 50 },
    );
  });

  it('round to the nearest level and clamp', () => {
    const pixels = new Float32Array([0.4 / 255, 0.6 / 255, 254.6 / 255, -3, 1.5, 0.5]);
    const [left, right] = fromPixels(pixels, [2, 3, 1, 1]);
    expect(left!.data).toEqual(new Uint8Array([0, 1, 255]));
    expect(right!.data).toEqual(new Uint8Array([0, 255, 128]));
  });

  it.each([NaN, Infinity, -Infinity])('refuse %f and say where it is', (value) => {
    const pixels = new Float32Array(3 * 4 * 5);
    pixels[2 * 20 + 3 * 5 + 1] = value;
    expect(() => fromPixels(pixels, [3, 4, 5])).toThrow(expect.objectContaining({ code: 'E_NOT_FINITE' }));
    expect(() => fromPixels(pixels, [3, 4, 5])).toThrow('channel 2 at x 1, y 3');
  });

  it.each([[[6, 2, 2]], [[3, 2]], [[3, 2, 3]], [[1, 1, 3, 2, 2]], [[]]])('refuse the shape %j', (shape) => {
    expect(() => fromPixels(new Float32Array(12), shape)).toThrow(expect.objectContaining({ code: 'E_SHAPE' }));
  });
});
