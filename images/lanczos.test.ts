/** Resampling against Pillow's own output: equality, not closeness. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePictures, equalTo, readExpected } from '../test/images/pictures.ts';
import { resizeLanczos } from './lanczos.ts';
import { createPicture, cropPicture, type Picture } from './picture.ts';

describe('resizeLanczos', () => {
  const source = readExpected('rgb8');

  // Shrinking, enlarging, one axis alone, one each way, the smallest, and no change.
  it.each(['23x17', '128x96', '61x20', '20x47', '150x9', '1x1', '61x47'])('equals Pillow at %s', (size) => {
    const [width, height] = size.split('x').map(Number);
    const expected = readExpected(`lanczos-${size}`);
    expect(comparePictures(resizeLanczos(source, width!, height!), expected)).toEqual(equalTo(expected));
  });

  it('gives for any window what cropping the whole would give', () => {
    const sizes = fc.record({ width: fc.integer({ min: 1, max: 90 }), height: fc.integer({ min: 1, max: 90 }) });
    const corners = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat());
    fc.assert(
      fc.property(sizes, corners, ({ width, height }, [a, b, c, d]) => {
        const left = a % width;
        const top = b % height;
        const window = { left, top, width: 1 + (c % (width - left)), height: 1 + (d % (height - top)) };
        const whole = cropPicture(resizeLanczos(source, width, height), window);
        expect(comparePictures(resizeLanczos(source, width, height, window), whole)).toEqual(equalTo(whole));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps one colour exactly, from any size to any size', () => {
    const side = fc.integer({ min: 1, max: 40 });
    const colour = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(side, side, side, side, colour, (w, h, toWidth, toHeight, rgb) => {
        const expected = createPicture(toWidth, toHeight, rgb);
        const resized = resizeLanczos(createPicture(w, h, rgb), toWidth, toHeight);
        expect(comparePictures(resized, expected)).toEqual(equalTo(expected));
      }),
      { numRuns: 60 },
    );
  });

  it('refuses bytes that do not match the size', () => {
    const rgba: Picture = { width: 2, height: 2, data: new Uint8Array(16) };
    expect(() => resizeLanczos(rgba, 1, 1)).toThrow(expect.objectContaining({ code: 'E_SHAPE' }));
  });
});
