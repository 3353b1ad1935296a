/** WebP files that are damaged, cut short, too large or unusual. decode.test.ts compares the pixels with Pillow's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DalleError } from '../../base/errors.ts';
import { comparePictures, equalTo, readExpected, readPictureFile } from '../../test/images/pictures.ts';
import { decodeImage } from './decode.ts';

function failure(code: string): unknown {
  return expect.objectContaining({ code });
}

const FILES = ['lossy.webp', 'lossless.webp', 'lossy-alpha.webp', 'animated.webp'];

/** A file of one chunk of pixels, with nothing in it but a header of that size. */
function forge(type: 'VP8 ' | 'VP8L', width: number, height: number): Uint8Array {
  const file = new Uint8Array(12 + 8 + 10);
  file.set(Buffer.from(`RIFF\x16\0\0\0WEBP${type}\x0a\0\0\0`, 'latin1'));
  const view = new DataView(file.buffer);
  if (type === 'VP8L') {
    file[20] = 0x2f;
    view.setUint32(21, width - 1 + (height - 1) * 2 ** 14, true);
  } else {
    file.set([0x10, 0, 0, 0x9d, 0x01, 0x2a], 20);
    view.setUint16(26, width, true);
    view.setUint16(28, height, true);
  }
  return file;
}

describe('decodeWebp', () => {
  it('turns a picture upright by its EXIF', async () => {
    const expected = readExpected('orientation-6-webp');
    expect(comparePictures(await decodeImage(readPictureFile('orientation-6.webp')), expected)).toEqual(
      equalTo(expected),
    );
  });

  it('refuses a picture too large by its header, before it decodes', async () => {
    for (const type of ['VP8 ', 'VP8L'] as const) {
      await expect(decodeImage(forge(type, 16_383, 16_383))).rejects.toThrow(/16383 × 16383 = 268\.4 megapixels/);
      await expect(decodeImage(forge(type, 100, 100))).rejects.toThrow(failure('E_IMAGE_CORRUPT'));
    }
    await expect(decodeImage(readPictureFile('animated.webp'), { maxPixels: 100 })).rejects.toThrow(
      failure('E_IMAGE_TOO_LARGE'),
    );
  });

  it.each(FILES)('%s is corrupt wherever it is cut', async (file) => {
    const webp = readPictureFile(file);
    for (let length = 12; length < webp.length; length += 29) {
      await expect(decodeImage(webp.slice(0, length))).rejects.toThrow(failure('E_IMAGE_CORRUPT'));
    }
  });

  it.each(FILES)('%s may be followed by anything', async (file) => {
    const webp = readPictureFile(file);
    expect(await decodeImage(new Uint8Array([...webp, 1, 2, 3]))).toEqual(await decodeImage(webp));
  });

  it.each(FILES)('%s may be hit anywhere', async (file) => {
    const webp = readPictureFile(file);
    const hits = fc.array(fc.tuple(fc.nat(webp.length - 13), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(hits, async (bytes) => {
        const damaged = webp.slice();
        for (const [at, value] of bytes) damaged[12 + at] = value;
        await decodeImage(damaged).catch((error: unknown) => expect(error).toBeInstanceOf(DalleError));
      }),
      { numRuns: 60 },
    );
  });

  it('refuses two sizes that differ, and a frame outside its picture', async () => {
    const alpha = readPictureFile('lossy-alpha.webp');
    alpha[24]! += 1;
    await expect(decodeImage(alpha)).rejects.toThrow(/two different sizes/);
    const animated = readPictureFile('animated.webp');
    const frame = Buffer.from(animated).indexOf('ANMF') + 8;
    animated[frame] = 1;
    await expect(decodeImage(animated)).rejects.toThrow(/first frame does not fit/);
  });
});
