/** Orientation from well-formed EXIF in both byte orders, and from bytes that only pretend. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOrientation, type Orientation } from './exif.ts';
import { orientPicture } from './orient.ts';
import { createPicture } from './picture.ts';

/** A TIFF header and one directory: a stray entry (image width, 0x0100), then orientation. */
function makeTiff(value: number, little: boolean, type = 3): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 + 2 + 2 * 12 + 4));
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  [
    [2, 42],
    [8, 2],
    [10, 0x0100],
    [22, 0x0112],
    [24, type],
    [30, value],
  ].forEach(([at, number]) => {
    view.setUint16(at!, number!, little);
  });
  view.setUint32(4, 8, little);
  view.setUint32(26, 1, little);
  return new Uint8Array(view.buffer);
}

describe('readOrientation', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('finds %i in both byte orders', (value) => {
    expect(readOrientation(makeTiff(value, true))).toBe(value);
    expect(readOrientation(makeTiff(value, false))).toBe(value);
  });

  it('takes anything else for upright', () => {
    for (const value of [0, 9, 65535]) expect(readOrientation(makeTiff(value, true))).toBe(1);
    expect(readOrientation(makeTiff(6, true, 4))).toBe(1);
    expect(readOrientation(new Uint8Array())).toBe(1);
    for (let length = 0; length < 34; length++) expect(readOrientation(makeTiff(6, true).slice(0, length))).toBe(1);
  });

  it('never reads outside its bytes', () => {
    const damage = fc.array(fc.tuple(fc.nat(37), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(damage, fc.boolean(), fc.nat(38), (bytes, little, length) => {
        const tiff = makeTiff(6, little);
        for (const [at, value] of bytes) tiff[at] = value;
        const orientation = readOrientation(tiff.slice(0, length));
        expect(orientation >= 1 && orientation <= 8).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('orientPicture', () => {
  const picture = createPicture(3, 2);
  picture.data.forEach((_, i) => (picture.data[i] = i));

  it('is undone by the opposite turn', () => {
    const opposite: Readonly<Record<Orientation, Orientation>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6 };
    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8] as const) {
      const turned = orientPicture(picture, orientation);
      expect(orientPicture(turned, opposite[orientation])).toEqual(picture);
      expect([turned.width, turned.height]).toEqual(orientation < 5 ? [3, 2] : [2, 3]);
    }
  });
});
