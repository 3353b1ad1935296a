/** The notebook's preprocessing, its rounding rules, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { comparePictures, equalTo, readExpected } from '../test/images/pictures.ts';
import { createPicture, cropPicture } from './picture.ts';
import { preparePicture, type PictureSize } from './prepare.ts';

const ORDINARY = [
  ...['rgb8', 'rgba8', 'rgb8-key', 'rgb8-interlaced', 'grey8', 'grey8-alpha', 'grey4', 'grey2', 'grey1-interlaced'],
  ...['palette8', 'palette2-alpha', 'progressive', 'full-chroma', 'grey'],
];

/** A picture whose red is x and whose green is y, so that a crop shows where it was taken. */
function createRuler(width: number, height: number) {
  const ruler = createPicture(width, height);
  for (let i = 0; i < width * height; i++) ruler.data.set([i % width, Math.floor(i / width)], i * 3);
  return ruler;
}

describe('preparePicture', () => {
  it.each(ORDINARY)('equals Pillow and torchvision on %s', (name) => {
    const expected = readExpected(`${name}.to32`);
    expect(comparePictures(preparePicture(readExpected(name), { size: 32 }), expected)).toEqual(equalTo(expected));
  });

  it('leaves a picture of the wanted size alone', () => {
    const ruler = createRuler(16, 24);
    expect(preparePicture(ruler, { size: { width: 16, height: 24 } })).toEqual(ruler);
  });

  it('covers a rectangle, then crops the centre, halves to even', () => {
    const wide = preparePicture(createRuler(45, 16), { size: { width: 16, height: 16 } });
    expect(wide.data[0]).toBe(14); // (45 − 16) / 2 = 14.5
    const wider = preparePicture(createRuler(47, 16), { size: { width: 16, height: 16 } });
    expect(wider.data[0]).toBe(16); // 15.5
    const { width, height } = preparePicture(createRuler(100, 90), { size: { width: 40, height: 16 } });
    expect([width, height]).toEqual([40, 16]);
  });

  it('keeps the size but for a crop to multiples of 8', () => {
    const ruler = createRuler(21, 19);
    const kept = preparePicture(ruler, { size: 'keep' });
    expect(kept).toEqual(cropPicture(ruler, { left: 2, top: 2, width: 16, height: 16 })); // 2.5 and 1.5
  });

  it('takes the tokens of another net for what they are', () => {
    const ruler = createRuler(40, 24);
    const kept = preparePicture(ruler, { size: 'keep', patch: 16 });
    expect(kept).toEqual(cropPicture(ruler, { left: 4, top: 4, width: 32, height: 16 }));
    const wrongSize = expect.objectContaining({ code: 'E_IMAGE_SIZE' });
    expect(() => preparePicture(ruler, { size: 24, patch: 16 })).toThrow(wrongSize);
    expect(preparePicture(ruler, { size: { width: 32, height: 16 }, patch: 16 }).width).toBe(32);
    expect(() => preparePicture(ruler, { size: 'keep', patch: 32 })).toThrow(
      expect.objectContaining({ code: 'E_IMAGE_TOO_SMALL' }),
    );
    for (const patch of [0, -8, 1.5, NaN]) {
      expect(() => preparePicture(ruler, { patch })).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
    }
  });

  it('refuses to enlarge unless told to', () => {
    const thumbnail = createRuler(40, 31);
    const tooSmall = expect.objectContaining({ code: 'E_IMAGE_TOO_SMALL' });
    expect(() => preparePicture(thumbnail, { size: 32, name: 'thumb.png' })).toThrow(/thumb\.png has 40 × 31/);
    expect(() => preparePicture(thumbnail, { size: { width: 48, height: 16 } })).toThrow(tooSmall);
    expect(() => preparePicture(createRuler(1, 1))).toThrow(tooSmall);
    expect(() => preparePicture(createRuler(7, 100), { size: 'keep' })).toThrow(tooSmall);
    expect(preparePicture(thumbnail, { size: 32, upscale: true })).toMatchObject({ width: 32, height: 32 });
  });

  it('enlarges the thinnest picture without making the whole of it', () => {
    const thread = createPicture(1, 1_000_000, [1, 2, 3]);
    const prepared = preparePicture(thread, { size: 64, upscale: true });
    expect(prepared).toEqual(createPicture(64, 64, [1, 2, 3]));
  });

  it.each<PictureSize>([0, -8, 12, 8.5, NaN, Infinity, { width: 256, height: 100 }, { width: 80_000, height: 80_000 }])(
    'refuses the size %j',
    (size) => {
      const wrongSize = expect.objectContaining({ code: 'E_IMAGE_SIZE', name: 'UsageError' });
      expect(() => preparePicture(createRuler(64, 64), { size })).toThrow(wrongSize);
    },
  );
});
