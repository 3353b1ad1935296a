/** Crops and flips: where they lie, how they are spread, and that they are functions of their key alone. */
import { describe, expect, test } from 'vitest';
import { createPicture, type Picture } from '../../images/picture.ts';
import { preparePicture } from '../../images/prepare.ts';
import { drawBox, drawMirrored, paperCrops, reducePicture, showPicture, type RandomCrop } from './crop.ts';

const key = { seed: 5, epoch: 0 };

/** Each pixel's red is its column and green its row. */
function makeRamp(width: number, height: number): Picture {
  const picture = createPicture(width, height);
  for (let i = 0; i < width * height; i++) picture.data.set([i % width, Math.floor(i / width), 7], i * 3);
  return picture;
}

describe('drawBox', () => {
  test.each([
    [200, 100, 64],
    [90, 200, 64],
    [64, 64, 64],
    [50, 40, 64],
    [1, 1, 64],
  ])('lies within %i × %i, and is not smaller than %i where that can be', (width, height, size) => {
    for (const crop of Object.values(paperCrops)) {
      for (let index = 0; index < 100; index++) {
        const box = drawBox({ width, height }, size, crop, key, index);
        const short = Math.min(width, height);
        const least = Math.min(short, Math.max(size, Math.ceil(crop.least * short)));
        const isInside = box.left + box.width <= width && box.top + box.height <= height;
        expect([box.width === box.height, box.width >= least, box.left >= 0 && box.top >= 0, isInside]).toEqual(
          Array(4).fill(true),
        );
      }
    }
  });

  test('takes every side and every place that it may', () => {
    const boxes = Array.from({ length: 4000 }, (_, index) => {
      return drawBox({ width: 30, height: 12 }, 4, paperCrops.dvae, key, index);
    });
    expect(new Set(boxes.map((box) => box.width))).toEqual(new Set([8, 9, 10, 11, 12]));
    const lefts = boxes.filter((box) => box.width === 12).map((box) => box.left);
    expect([Math.min(...lefts), Math.max(...lefts), new Set(lefts).size]).toEqual([0, 18, 19]);
  });

  test('near the middle, keeps to the middle quarter', () => {
    for (let index = 0; index < 500; index++) {
      const { left, width } = drawBox({ width: 1000, height: 200 }, 64, paperCrops.transformer, key, index);
      const slack = 1000 - width;
      expect(left).toBeGreaterThanOrEqual(Math.floor(0.375 * slack));
      expect(left).toBeLessThanOrEqual(Math.ceil(0.625 * slack));
    }
  });

  test('is another one in another epoch, of another sample, of another seed', () => {
    const boxes = [key, { seed: 5, epoch: 1 }, { seed: 6, epoch: 0 }].map((drawn) => {
      return Array.from({ length: 20 }, (_, index) => {
        return drawBox({ width: 500, height: 400 }, 64, paperCrops.dvae, drawn, index);
      });
    });
    expect(boxes[0]).not.toEqual(boxes[1]);
    expect(boxes[0]).not.toEqual(boxes[2]);
    expect(new Set(boxes[0]!.map((box) => JSON.stringify(box))).size).toBe(20);
  });
});

describe('reducePicture', () => {
  test('gives the middle square, or a picture with twice the pixels of its smallest square', () => {
    const picture = makeRamp(300, 200);
    expect(reducePicture(picture, { size: 16, crop: 'centre' })).toEqual(preparePicture(picture, { size: 16 }));
    const { width, height } = reducePicture(picture, { size: 16, crop: paperCrops.dvae });
    expect([width, height]).toEqual([72, 48]);
    const line = reducePicture(createPicture(1000, 49), { size: 16, crop: paperCrops.dvae });
    expect([line.width, line.height]).toEqual([980, 48]);
  });

  test('leaves alone what is small', () => {
    const picture = makeRamp(90, 48);
    expect(reducePicture(picture, { size: 16, crop: paperCrops.dvae })).toBe(picture);
  });

  test('shows about what the whole picture shows', () => {
    // Smooth, so that resizing twice or once makes little difference.
    const picture = createPicture(400, 256);
    picture.data.forEach((_, i) => (picture.data[i] = Math.floor(((Math.floor(i / 3) % 400) * 255) / 399)));
    const showing = { size: 16, crop: paperCrops.dvae, isMirrored: false } as const;
    const reduced = reducePicture(picture, showing);
    for (let index = 0; index < 20; index++) {
      const [large, small] = [picture, reduced].map((each) => drawBox(each, 16, paperCrops.dvae, key, index));
      expect(Math.abs(large!.left / 256 - small!.left / reduced.height)).toBeLessThan(0.1);
      const shown = showPicture(reduced, showing, key, index).data[0]!;
      const wanted = ((small!.left + small!.width / 32) / reduced.width) * 255;
      expect(Math.abs(shown - wanted)).toBeLessThan(4);
    }
  });
});

describe('showPicture', () => {
  test('in the middle, is what encode and reconstruct see', () => {
    const picture = makeRamp(90, 70);
    const shown = showPicture(picture, { size: 32, crop: 'centre', isMirrored: false }, key, 0);
    expect(shown).toEqual(preparePicture(picture, { size: 32 }));
  });

  test('of its own size, is the picture itself, as resizing would give it', () => {
    const picture = makeRamp(32, 32);
    const shown = showPicture(picture, { size: 32, crop: 'centre', isMirrored: false }, key, 0);
    expect(shown).toEqual(preparePicture(picture, { size: 32 }));
    expect(showPicture(picture, { size: 32, crop: paperCrops.dvae, isMirrored: false }, key, 0)).toEqual(picture);
  });

  test('a square that is not resized holds the pixels of its box', () => {
    const picture = makeRamp(60, 40);
    const crop: RandomCrop = { least: 0.1, within: [0, 1] };
    for (let index = 0; index < 200; index++) {
      const box = drawBox(picture, 30, crop, key, index);
      if (box.width !== 30) continue;
      const { data } = showPicture(picture, { size: 30, crop, isMirrored: false }, key, index);
      expect([...data.subarray(0, 3)]).toEqual([box.left, box.top, 7]);
      expect([...data.subarray(-3)]).toEqual([box.left + 29, box.top + 29, 7]);
    }
  });

  test('mirrored, is read from the right', () => {
    const { data } = showPicture(makeRamp(8, 8), { size: 8, crop: 'centre', isMirrored: true }, key, 0);
    expect([...data.subarray(0, 3)]).toEqual([7, 0, 7]);
    expect([...data.subarray(-3)]).toEqual([0, 7, 7]);
  });

  test('a coin mirrors half of them', () => {
    const count = Array.from({ length: 2000 }, (_, index) => drawMirrored(key, index)).filter(Boolean).length;
    expect(count).toBeGreaterThan(880);
    expect(count).toBeLessThan(1120);
  });
});
