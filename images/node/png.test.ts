/** PNGs that are damaged, cut short, or made to waste time and memory; EXIF in PNG; a missing end. */
import { constants, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DalleError } from '../../base/errors.ts';
import { readPictureFile } from '../../test/images/pictures.ts';
import { assemblePng, type PngHead } from '../../test/images/png-assembler.ts';
import { orientPicture } from '../orient.ts';
import { makePngChunk, readPngChunks } from '../png-chunks.ts';
import { countPngBytes, readPngHeader } from '../png-header.ts';
import { decodePng, encodePng } from './png.ts';

function failure(code: string): unknown {
  return expect.objectContaining({ code });
}

/** A PNG whose pixel data are in one chunk. */
function forgePng(head: PngHead, packed: Uint8Array): Uint8Array {
  return assemblePng(head, [makePngChunk('IDAT', packed)]);
}

function survive(png: Uint8Array): void {
  try {
    decodePng(png);
  } catch (error) {
    expect(error).toBeInstanceOf(DalleError);
  }
}

describe('damaged PNG', () => {
  const png = readPictureFile('palette2-alpha.png');
  const end = png.length - 12;

  it('is corrupt wherever it is cut before its end', () => {
    for (let length = 8; length < end; length++) {
      expect(() => decodePng(png.slice(0, length))).toThrow(failure('E_IMAGE_CORRUPT'));
    }
  });

  it('is whole without IEND, or with a part of it, as for Pillow', () => {
    for (let length = end; length < png.length; length++) {
      expect(decodePng(png.slice(0, length))).toEqual(decodePng(png));
    }
    const other = png.slice();
    other[end + 4] = 0x65;
    expect(() => decodePng(other.slice(0, end + 8))).toThrow(failure('E_IMAGE_CORRUPT'));
  });

  it('may be followed by anything', () => {
    const longer = new Uint8Array([...png, 1, 2, 3]);
    expect(decodePng(longer)).toEqual(decodePng(png));
  });

  it('gives a picture or an error of ours, whichever bytes are hit', () => {
    const hit = fc.tuple(fc.nat(png.length - 9), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(hit, { minLength: 1, maxLength: 4 }), (bytes) => {
        const damaged = png.slice();
        for (const [at, change] of bytes) damaged[8 + at]! ^= change;
        survive(damaged);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['rgb8-interlaced.png', 'palette2-alpha.png', 'rgb8-key.png'])(
    '%s is caught behind checksums too',
    (file) => {
      const chunks = [...readPngChunks(readPictureFile(file), 'test')];
      const hit = fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }));
      fc.assert(
        fc.property(hit, ([which, at, change]) => {
          const rebuilt = chunks.map(({ type, data }, i) => {
            const damaged = data.slice();
            if (i === which % chunks.length && data.length > 0) damaged[at % data.length]! ^= change;
            return makePngChunk(type, damaged);
          });
          survive(new Uint8Array(Buffer.concat([png.subarray(0, 8), ...rebuilt])));
        }),
        { numRuns: 200 },
      );
    },
  );

  it.each<[string, PngHead, Uint8Array[]]>([
    ['filter type - 5', { width: 1, height: 1 }, [makePngChunk('IDAT', deflateSync(Uint8Array.of(5, 1, 2, 3)))]],
    [
      'palette not found',
      { width: 1, height: 1, colourType: 3 },
      [makePngChunk('IDAT', deflateSync(new Uint8Array(2)))],
    ],
    [
      'index 2 not in palette',
      { width: 1, height: 1, colourType: 3 },
      [makePngChunk('PLTE', new Uint8Array(6)), makePngChunk('IDAT', deflateSync(Uint8Array.of(0, 2)))],
    ],
    ['colour type 3 with 16 bits', { width: 1, height: 1, colourType: 3, depth: 16 }, []],
    ['colour type 5', { width: 1, height: 1, colourType: 5 }, []],
    ['0 × 1 pixels', { width: 0, height: 1 }, []],
    ['the unknown part CgBI', { width: 1, height: 1 }, [makePngChunk('CgBI', new Uint8Array(4))]],
    ['does not unpack', { width: 1, height: 1 }, []],
  ])('says %s', (words, head, chunks) => {
    const decode = (): unknown => decodePng(assemblePng(head, chunks));
    expect(decode).toThrow(failure('E_IMAGE_CORRUPT'));
    expect(decode).toThrow(words);
  });
});

/** Milliseconds of the processor; each of these took minutes or all memory once, or would. */
const SOON = 10_000;

function timed(decode: () => unknown): number {
  const start = process.cpuUsage();
  decode();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

describe('a PNG made to do harm', () => {
  it('cannot inflate to more than its size, interlaced or not, in one chunk or many', () => {
    const bomb = deflateSync(new Uint8Array(30_000_000));
    for (const interlaced of [false, true]) {
      const head = { width: 16, height: 16, interlaced };
      expect(() => decodePng(forgePng(head, bomb))).toThrow(/does not unpack.* larger than \d+ bytes/);
    }
    const pieces = Array.from({ length: 300 }, (_, i) => makePngChunk('IDAT', bomb.subarray(i * 100, i * 100 + 100)));
    expect(() => decodePng(assemblePng({ width: 16, height: 16 }, pieces))).toThrow(/does not unpack.* larger than/);
  });

  it('cannot claim pixels it does not hold', () => {
    const few = forgePng({ width: 8000, height: 8000 }, deflateSync(new Uint8Array(100)));
    const decode = (): unknown => expect(() => decodePng(few)).toThrow(/it holds 100 of 192008000 bytes/);
    expect(timed(decode)).toBeLessThan(SOON);
  });

  it.each<PngHead>([
    { width: 1, height: 60_000_000 },
    { width: 60_000_000, height: 1 },
    { width: 1, height: 65_536, colourType: 0, depth: 1 },
    { width: 1, height: 60_000_000, colourType: 0, depth: 1, interlaced: true },
    { width: 65_535, height: 65_535 },
  ])('of $width × $height is refused by its header', (head) => {
    const png = forgePng(head, deflateSync(new Uint8Array(1000)));
    const decode = (): unknown => expect(() => decodePng(png)).toThrow(failure('E_IMAGE_TOO_LARGE'));
    expect(timed(decode)).toBeLessThan(SOON);
  });

  it('of 16 bits counts by its bytes', () => {
    const head = { width: 8000, height: 8000, depth: 16, colourType: 6 };
    expect(() => decodePng(forgePng(head, new Uint8Array()))).toThrow(
      /at most 256000000 bytes .* unpacks to 512000000/,
    );
    const small = forgePng({ width: 2, height: 2, depth: 16, colourType: 6 }, deflateSync(new Uint8Array(34)));
    expect(() => decodePng(small, { maxPixels: 7 })).toThrow(failure('E_IMAGE_TOO_LARGE'));
    expect(decodePng(small, { maxPixels: 8 })).toMatchObject({ width: 2, height: 2 });
  });

  it.each(['IDAT', 'tEXt', 'eXIf'])('of a hundred thousand empty %s is refused', (type) => {
    const chunks = Array<Uint8Array>(100_000).fill(makePngChunk(type, new Uint8Array()));
    const png = assemblePng({ width: 8, height: 8 }, chunks);
    const decode = (): unknown => expect(() => decodePng(png)).toThrow(failure('E_IMAGE_TOO_LARGE'));
    expect(timed(decode)).toBeLessThan(SOON);
  });

  it('of as many rows as may be, or with colour profiles and texts to unpack, is read at once', () => {
    for (const interlaced of [false, true]) {
      const head = { width: 9, height: 65_535, colourType: 0, depth: 1, interlaced };
      const bytes = countPngBytes(readPngHeader(assemblePng(head, []), 'test'));
      const tall = forgePng(head, deflateSync(new Uint8Array(bytes)));
      expect(timed(() => expect(decodePng(tall)).toMatchObject({ width: 9, height: 65_535 }))).toBeLessThan(SOON);
    }
    const bomb = deflateSync(new Uint8Array(100_000_000), { level: constants.Z_BEST_SPEED });
    const packed = Buffer.concat([Buffer.from('x\0\0'), bomb]);
    const chunks = ['iCCP', 'zTXt', 'iTXt'].map((type) => makePngChunk(type, packed));
    const pixel = makePngChunk('IDAT', deflateSync(Uint8Array.of(0, 1, 2, 3)));
    const png = assemblePng({ width: 1, height: 1 }, [...chunks, pixel]);
    expect(timed(() => expect(decodePng(png).data).toEqual(Uint8Array.of(1, 2, 3)))).toBeLessThan(SOON);
  });
});

describe('EXIF in a PNG', () => {
  const picture = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i * 14) };
  const plain = [...readPngChunks(encodePng(picture), 'test')].filter(({ type }) => type === 'IDAT');
  const pixels = plain.map(({ data }) => makePngChunk('IDAT', data));
  /** A TIFF header and a directory of one entry: orientation, a short. */
  const tiff = (value: number): Uint8Array => {
    return Uint8Array.from([...Buffer.from('MM'), 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0]);
  };
  const withExif = (before: Uint8Array[], after: Uint8Array[] = []): Uint8Array => {
    return assemblePng({ width: 3, height: 2 }, [...before, ...pixels, ...after]);
  };

  it.each([1, 2, 3, 4, 5, 6, 7, 8] as const)('turns the picture by %i, before the pixels or after', (value) => {
    const exif = makePngChunk('eXIf', tiff(value));
    const upright = orientPicture(picture, value);
    expect(decodePng(withExif([exif]))).toEqual(upright);
    expect(decodePng(withExif([], [exif]))).toEqual(upright);
    // As some programs write it, with the prefix of JPEG.
    const prefixed = makePngChunk('eXIf', Uint8Array.from([...Buffer.from('Exif\0\0'), ...tiff(value)]));
    expect(decodePng(withExif([prefixed]))).toEqual(upright);
  });

  it('is ignored where it is malformed', () => {
    const wrongSum = makePngChunk('eXIf', tiff(6));
    wrongSum[wrongSum.length - 1]! ^= 1;
    const odd = [new Uint8Array(), tiff(0), tiff(9), tiff(6).subarray(0, 17), Uint8Array.of(1, 2, 3)];
    for (const exif of [wrongSum, ...odd.map((data) => makePngChunk('eXIf', data))]) {
      expect(decodePng(withExif([exif]))).toEqual(picture);
    }
  });
});
