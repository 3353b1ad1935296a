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

  it.each([{ '': 'x' }, { ['k'.repeat(80)]: 'x' }, { 'a\0b': 'x' }, { ключ: 'x' }, { key: 'a\0b' }])(
    'refuse %j',
    (text) => {
      expect(() => addPngText(png, text)).toThrow(expect.objectContaining({ code: 'E_PNG_TEXT' }));
    },
  );
});
