/** Sizes by headers against those that decoding gives, and what is said of files that were cut short. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readExpected, readPictureFile } from '../test/images/pictures.ts';
import { measurePicture } from './measure.ts';

const files = readdirSync(new URL('../test/images/', import.meta.url)).filter((name) => /\.(png|jpg|webp)$/.test(name));

describe('measurePicture', () => {
  test.each(files)('of %s', (name) => {
    const bytes = readPictureFile(name);
    const stem = name.replace(/\.\w+$/, '');
    const expected = readExpected(stem === 'orientation-6' && name.endsWith('webp') ? 'orientation-6-webp' : stem);
    const { width, height, endsWell } = measurePicture(bytes, bytes.subarray(-64), name);
    // As stored: EXIF may turn it.
    expect([width, height].sort()).toEqual([expected.width, expected.height].sort());
    expect(endsWell).toBe(true);
  });

  test.each(['rgb8.png', 'progressive.jpg'])('of %s by its first bytes, with the end cut off', (name) => {
    const bytes = readPictureFile(name);
    const cut = bytes.subarray(0, bytes.length - 80);
    expect(measurePicture(bytes.subarray(0, 700), cut.subarray(-64), name).endsWell).toBe(false);
    expect(measurePicture(bytes.subarray(0, 700), bytes.subarray(-64), name).endsWell).toBe(true);
  });

  test('refuses what is no picture or has no header', () => {
    const fail =
      (bytes: Uint8Array): (() => unknown) =>
      () =>
        measurePicture(bytes, bytes, 'x');
    expect(fail(new TextEncoder().encode('hello'))).toThrow(expect.objectContaining({ code: 'E_IMAGE_KIND' }));
    for (const name of ['rgb8.png', 'progressive.jpg', 'lossy.webp']) {
      const cut = readPictureFile(name).subarray(0, 20);
      expect(fail(cut)).toThrow(expect.objectContaining({ code: 'E_IMAGE_CORRUPT' }));
    }
  });
});
