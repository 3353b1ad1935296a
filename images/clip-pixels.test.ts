/** Pictures for CLIP against Pillow's own output (test/golden/make_clip.py): equality, not closeness. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clipGolden } from '../test/helpers/clip-golden.ts';
import { prepareForClip, toClipPixels } from './clip-pixels.ts';
import { decodePng } from './node/png.ts';
import { createPicture } from './picture.ts';

describe('prepareForClip', () => {
  it.each(clipGolden.record.pictures)('equals Pillow from %s to 32 × 32', (name) => {
    const picture = decodePng(readFileSync(clipGolden.path(`${name}.png`)));
    const { data } = prepareForClip(picture, 32);
    const planes = Array.from({ length: 3 }, (_, channel) => data.filter((_, at) => at % 3 === channel));
    const expected = Array.from(clipGolden.array(`${name}.prepared`).data);
    expect(planes.flatMap((plane) => [...plane])).toEqual(expected);
  });

  it('normalises as torchvision does, to the bit', () => {
    const [name] = clipGolden.record.pictures;
    const picture = decodePng(readFileSync(clipGolden.path(`${name}.png`)));
    const expected = clipGolden.array(`${name}.normalised`).data;
    expect(toClipPixels(prepareForClip(picture, 32))).toEqual(expected);
  });

  it('refuses what is no picture, and a size that is none', () => {
    const rgba = { width: 2, height: 2, data: new Uint8Array(16) };
    expect(() => prepareForClip(rgba, 32)).toThrow(expect.objectContaining({ code: 'E_SHAPE' }));
    expect(() => prepareForClip(createPicture(4, 4), 0)).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
  });

  it('takes of a very long picture only what it shows', () => {
    expect(prepareForClip(createPicture(30_000, 1, [9, 8, 7]), 224)).toEqual(createPicture(224, 224, [9, 8, 7]));
  });
});
