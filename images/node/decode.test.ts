/** Decoding against Pillow, and against files that are damaged, cut short or made to do harm. */
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DalleError } from '../../base/errors.ts';
import { comparePictures, equalTo, readExpected, readPictureFile } from '../../test/images/pictures.ts';
import { makePngChunk, PNG_SIGNATURE_BYTES, readPngChunks } from '../png-chunks.ts';
import { decodeImage } from './decode.ts';
import { decodePng, encodePng } from './png.ts';

const PNGS = [
  ...['rgb8', 'rgba8', 'rgb8-key', 'rgb8-interlaced', 'rgb16', 'rgba16', 'grey8', 'grey8-alpha', 'grey16', 'grey4'],
  ...['grey2', 'grey1-interlaced', 'palette8', 'palette2-alpha'],
];
const JPEGS = ['progressive', 'full-chroma', 'grey', ...[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `orientation-${i}`)];
const signature = readPictureFile('rgb8.png').subarray(0, PNG_SIGNATURE_BYTES);

function failure(code: string): unknown {
  return expect.objectContaining({ code });
}

/** A PNG of 8-bit RGB with any size in its header and any pixel data. */
function forgePng(width: number, height: number, pixels: Uint8Array, interlaced = false): Uint8Array {
  const head = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, interlaced ? 1 : 0]);
  new DataView(head.buffer).setUint32(0, width);
  new DataView(head.buffer).setUint32(4, height);
  const chunks = [makePngChunk('IHDR', head), makePngChunk('IDAT', pixels), makePngChunk('IEND', new Uint8Array())];
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
}

/** A picture or an error of ours: nothing else may come of a damaged file. */
async function survive(bytes: Uint8Array): Promise<void> {
  await decodeImage(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(DalleError));
}

describe('decodeImage', () => {
  it.each([...PNGS.map((name) => `${name}.png`), ...JPEGS.map((name) => `${name}.jpg`)])(
    'equals Pillow on %s',
    async (file) => {
      const expected = readExpected(file.replace(/\.\w+$/, ''));
      expect(comparePictures(await decodeImage(readPictureFile(file)), expected)).toEqual(equalTo(expected));
    },
  );

  it('reads a picture of one pixel', async () => {
    const dot = { width: 1, height: 1, data: new Uint8Array([1, 2, 3]) };
    expect(await decodeImage(encodePng(dot))).toEqual(dot);
  });

  it('refuses a hundred megapixels by the header alone', async () => {
    const header = forgePng(10_000, 10_000, new Uint8Array()).subarray(0, 33);
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

  it('names a CMYK JPEG', async () => {
    await expect(decodeImage(readPictureFile('cmyk.jpg'))).rejects.toThrow(failure('E_IMAGE_UNSUPPORTED'));
  });
});

describe('damaged PNG', () => {
  const png = readPictureFile('palette2-alpha.png');

  it('is corrupt wherever it is cut', () => {
    for (let length = 8; length < png.length; length++) {
      expect(() => decodePng(png.slice(0, length))).toThrow(failure('E_IMAGE_CORRUPT'));
    }
  });

  it('may be followed by anything', () => {
    const longer = new Uint8Array([...png, 1, 2, 3]);
    expect(decodePng(longer)).toEqual(decodePng(png));
  });

  it('gives a picture or an error of ours, whichever bytes are hit', async () => {
    const hits = fc.array(fc.tuple(fc.nat(png.length - 9), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(hits, async (bytes) => {
        const damaged = png.slice();
        for (const [at, change] of bytes) damaged[8 + at]! ^= change;
        await survive(damaged);
      }),
      { numRuns: 300 },
    );
  });

  it('is caught behind correct checksums too', async () => {
    const chunks = [...readPngChunks(readPictureFile('rgb8-interlaced.png'), 'test')];
    const hit = fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(hit, async ([which, at, change]) => {
        const rebuilt = chunks.map(({ type, data }, i) => {
          const damaged = data.slice();
          if (i === which % chunks.length && data.length > 0) damaged[at % data.length]! ^= change;
          return makePngChunk(type, damaged);
        });
        await survive(new Uint8Array(Buffer.concat([signature, ...rebuilt])));
      }),
      { numRuns: 200 },
    );
  });

  it('cannot inflate to more than its size, interlaced or not', () => {
    const bomb = deflateSync(new Uint8Array(30_000_000));
    for (const interlaced of [false, true]) {
      expect(() => decodePng(forgePng(16, 16, bomb, interlaced))).toThrow(/does not unpack.* larger than \d+ bytes/);
    }
  });

  it('cannot claim pixels it does not hold', () => {
    const few = deflateSync(new Uint8Array(100));
    expect(() => decodePng(forgePng(8000, 8000, few))).toThrow(/it holds 100 of 192008000 bytes/);
  });
});

describe('damaged JPEG', () => {
  const jpeg = readPictureFile('progressive.jpg');

  it('is corrupt wherever it is cut', async () => {
    for (let length = 3; length < jpeg.length - 2; length += 41) {
      await expect(decodeImage(jpeg.slice(0, length))).rejects.toThrow(failure('E_IMAGE_CORRUPT'));
    }
  });

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
