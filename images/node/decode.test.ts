/** Decoding against Pillow, and against JPEGs that are damaged, cut short or made to do harm. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DalleError } from '../../base/errors.ts';
import { comparePictures, equalTo, readExpected, readPictureFile } from '../../test/images/pictures.ts';
import { assemblePng } from '../../test/images/png-assembler.ts';
import { decodeImage } from './decode.ts';
import { encodePng } from './png.ts';

const PNGS = [
  ...['rgb8', 'rgba8', 'rgb8-key', 'rgb8-interlaced', 'rgb16', 'rgba16', 'grey8', 'grey8-alpha', 'grey16', 'grey4'],
  ...['grey2', 'grey1-interlaced', 'palette8', 'palette2-alpha'],
];
const JPEGS = [
  ...['progressive', 'full-chroma', 'grey', ...[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `orientation-${i}`)],
  // Of four colours: by Pillow, inverted as Adobe has them, and by ImageMagick as YCCK.
  ...['cmyk', 'cmyk-progressive', 'cmyk-subsampled', 'ycck', 'ycck-progressive'],
];
const WEBPS = ['lossy', 'lossless', 'lossy-alpha', 'lossless-alpha', 'animated'];

function failure(code: string): unknown {
  return expect.objectContaining({ code });
}

/** A picture or an error of ours: nothing else may come of a damaged file. */
async function survive(bytes: Uint8Array): Promise<void> {
  await decodeImage(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(DalleError));
}

describe('decodeImage', () => {
  it.each([
    ...PNGS.map((name) => `${name}.png`),
    ...JPEGS.map((name) => `${name}.jpg`),
    ...WEBPS.map((name) => `${name}.webp`),
  ])('equals Pillow on %s', async (file) => {
    const expected = readExpected(file.replace(/\.\w+$/, ''));
    expect(comparePictures(await decodeImage(readPictureFile(file)), expected)).toEqual(equalTo(expected));
  });

  it('reads a picture of one pixel', async () => {
    const dot = { width: 1, height: 1, data: new Uint8Array([1, 2, 3]) };
    expect(await decodeImage(encodePng(dot))).toEqual(dot);
  });

  it('refuses a hundred megapixels by the header alone', async () => {
    const header = assemblePng({ width: 10_000, height: 10_000 }, []).subarray(0, 33);
    await expect(decodeImage(header, { name: 'big.png' })).rejects.toThrow(/big\.png announces 10000 × 10000 = 100\.0/);
    await expect(decodeImage(header)).rejects.toThrow(failure('E_IMAGE_TOO_LARGE'));
    const jpeg = readPictureFile('progressive.jpg');
    await expect(decodeImage(jpeg, { maxPixels: 61 * 47 - 1 })).rejects.toThrow(failure('E_IMAGE_TOO_LARGE'));
    await expect(decodeImage(jpeg, { maxPixels: 61 * 47 })).resolves.toMatchObject({ width: 61, height: 47 });
  });

  it('leaves no ImageData among the globals', async () => {
    await decodeImage(readPictureFile('grey.jpg'));
    expect('ImageData' in globalThis).toBe(false);
  });
});

describe('damaged JPEG', () => {
  const jpeg = readPictureFile('progressive.jpg');

  it.each(['progressive.jpg', 'cmyk.jpg', 'ycck-progressive.jpg'])('%s is corrupt wherever it is cut', async (file) => {
    const whole = readPictureFile(file);
    for (let length = 3; length < whole.length - 2; length += 41) {
      await expect(decodeImage(whole.slice(0, length))).rejects.toThrow(failure('E_IMAGE_CORRUPT'));
    }
  });

  it.each(['cmyk.jpg', 'ycck-progressive.jpg', 'cmyk-subsampled.jpg'])('%s may be hit anywhere', async (file) => {
    const whole = readPictureFile(file);
    const hits = fc.array(fc.tuple(fc.nat(whole.length - 4), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(hits, async (bytes) => {
        const damaged = whole.slice();
        for (const [at, value] of bytes) damaged[3 + at] = value;
        await survive(damaged);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['cmyk.jpg', 'full-chroma.jpg', 'grey.jpg', 'progressive.jpg'])(
    'as %s names what it cannot have',
    async (file) => {
      const whole = readPictureFile(file);
      const frame = whole.findIndex((byte, i) => byte === 0xff && [0xc0, 0xc2].includes(whole[i + 1]!));
      // Lossless, differential, arithmetic of every sort; then 12 and 16 bits.
      for (const marker of [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]) {
        await expect(decodeImage(whole.with(frame + 1, marker))).rejects.toThrow(failure('E_IMAGE_UNSUPPORTED'));
      }
      for (const bits of [12, 16]) {
        await expect(decodeImage(whole.with(frame + 4, bits))).rejects.toThrow(failure('E_IMAGE_UNSUPPORTED'));
      }
    },
  );

  it('gives a picture or an error of ours, whichever bytes are hit', async () => {
    const hits = fc.array(fc.tuple(fc.nat(jpeg.length - 4), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(hits, async (bytes) => {
        const damaged = jpeg.slice();
        for (const [at, value] of bytes) damaged[3 + at] = value;
        await survive(damaged);
      }),
      { numRuns: 200 },
    );
  });

  it('cannot have segments too many, before the picture or after', async () => {
    const empty = Buffer.concat(Array<Uint8Array>(10_001).fill(Uint8Array.of(0xff, 0xe1, 0, 2)));
    const end = jpeg.length - 2;
    for (const place of [2, end]) {
      const padded = Buffer.concat([jpeg.subarray(0, place), empty, jpeg.subarray(place)]);
      await expect(decodeImage(padded)).rejects.toThrow(/at most 10000 segments/);
      const fewer = Buffer.concat([jpeg.subarray(0, place), empty.subarray(0, 400), jpeg.subarray(place)]);
      await expect(decodeImage(fewer)).resolves.toMatchObject({ width: 61, height: 47 });
    }
  });

  it('cannot ask for a scan too many', async () => {
    const scan =
      jpeg.indexOf(
        0xda,
        jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xda),
      ) - 1;
    const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc2);
    const large = jpeg.slice();
    large.set([0x1f, 0x40, 0x1f, 0x40], frame + 5); // 8000 × 8000
    const repeated = Buffer.concat([large.subarray(0, scan), ...Array(40).fill(jpeg.subarray(scan))]);
    await expect(decodeImage(new Uint8Array(repeated))).rejects.toThrow(/64\.0 megapixels \d+ times/);
  });
});
