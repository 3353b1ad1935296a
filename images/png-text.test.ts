/** Texts in a PNG come back as they went in, and do not disturb the pixels. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePictures, equalTo, readExpected, readPictureFile } from '../test/images/pictures.ts';
import { decodePng } from './node/png.ts';
import { makePngChunk } from './png-chunks.ts';
import { addPngText, readPngText } from './png-text.ts';

describe('addPngText and readPngText', () => {
  const png = readPictureFile('rgb8.png');

  it('return any text, in Latin-1 or beyond', () => {
    const keyword = fc.stringMatching(/^[\x20-\x7e]{1,79}$/);
    const words = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.dictionary(keyword, words), (text) => {
        expect(Object.entries(readPngText(addPngText(png, text))).sort()).toEqual(Object.entries(text).sort());
      }),
      { numRuns: 100 },
    );
  });

  it('leave a PNG that still decodes, checksums and all', () => {
    const described = addPngText(png, { Description: 'a red heart', Prompt: '赤いハート ❤️', Empty: '' });
    const expected = readExpected('rgb8');
    expect(comparePictures(decodePng(described), expected)).toEqual(equalTo(expected));
    // The check value of CRC-32 over IEND, as every PNG ends.
    expect(makePngChunk('IEND', new Uint8Array())).toEqual(
      new Uint8Array([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]),
    );
  });

  it('skip text they cannot read', () => {
    const compressed = makePngChunk('iTXt', new TextEncoder().encode('Comment\0\x01\0\0\0stuff'));
    const broken = makePngChunk('iTXt', new TextEncoder().encode('Comment\0\0\0no end'));
    const odd = [...png.subarray(0, 33), ...compressed, ...broken, ...png.subarray(33)];
    expect(readPngText(new Uint8Array(odd))).toEqual({});
  });

  it('take any keyword for a keyword', () => {
    const words = Object.fromEntries([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    const found = readPngText(addPngText(png, words));
    expect(Object.getPrototypeOf(found)).toBe(null);
    expect(Object.entries(found)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(readPngText(png)['toString']).toBeUndefined();
  });

  it('hold a million letters, and refuse more', () => {
    const text = (length: number): Uint8Array =>
      makePngChunk('tEXt', new TextEncoder().encode(`k\0${'x'.repeat(length)}`));
    const withTexts = (...texts: Uint8Array[]): Uint8Array => {
      return new Uint8Array(Buffer.concat([png.subarray(0, 33), ...texts, png.subarray(33)]));
    };
    const long = text(999_998);
    expect(readPngText(withTexts(long))['k']).toHaveLength(999_998);
    const refused = [
      withTexts(text(999_999)),
      withTexts(long, long, long, long, text(1)),
      withTexts(...Array(1001).fill(text(1))),
    ];
    for (const file of refused)
      expect(() => readPngText(file)).toThrow(expect.objectContaining({ code: 'E_PNG_TEXT' }));
    const expected = readExpected('rgb8');
    // For the pixels they do not matter.
    for (const file of refused) expect(comparePictures(decodePng(file), expected)).toEqual(equalTo(expected));
  });

  it('read a file that lacks its end', () => {
    const described = addPngText(png, { Prompt: 'a red heart' });
    expect(readPngText(described.subarray(0, -12))).toEqual({ Prompt: 'a red heart' });
    expect(() => readPngText(described.subarray(0, -13))).toThrow(expect.objectContaining({ code: 'E_IMAGE_CORRUPT' }));
  });

  it.each([{ '': 'x' }, { ['k'.repeat(80)]: 'x' }, { 'a\0b': 'x' }, { ключ: 'x' }, { key: 'a\0b' }])(
    'refuse %j',
    (text) => {
      expect(() => addPngText(png, text)).toThrow(expect.objectContaining({ code: 'E_PNG_TEXT' }));
    },
  );
});
