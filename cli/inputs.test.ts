/** A picture that keeps its size is cropped anew once the model is open, where that has larger tokens. */
import { expect, test } from 'vitest';
import { createPicture } from '../images/picture.ts';
import { preparePicture } from '../images/prepare.ts';
import { cropToPatch } from './inputs.ts';

const picture = createPicture(43, 27);
picture.data.forEach((_, at) => (picture.data[at] = at % 251));
const kept = preparePicture(picture, { size: 'keep' }); // 40 × 24

test('to whole tokens of 16 pixels; what fits stays', () => {
  expect(cropToPatch(kept, { size: 'keep', upscale: false }, 8)).toBe(kept);
  const cropped = cropToPatch(kept, { size: 'keep', upscale: false }, 16);
  expect(cropped).toEqual(preparePicture(kept, { size: 'keep', patch: 16 }));
  expect([cropped.width, cropped.height]).toEqual([32, 16]);
});

test('a size that somebody chose is not changed behind their back: what is no whole tokens is refused', () => {
  const size = { width: 40, height: 24 };
  expect(cropToPatch(kept, { size, upscale: false }, 8)).toBe(kept);
  expect(() => cropToPatch(kept, { size, upscale: false }, 16)).toThrow(
    expect.objectContaining({ code: 'E_IMAGE_SIZE', message: expect.stringContaining('multiples of 16') }),
  );
});
