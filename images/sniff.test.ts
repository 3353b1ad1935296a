/** Each kind of file people hand over by mistake is named, whatever its name says. */
import { describe, expect, it } from 'vitest';
import { readPictureFile } from '../test/images/pictures.ts';
import { sniffImage } from './sniff.ts';

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

describe('sniffImage', () => {
  it('knows PNG, JPEG and WebP by their bytes', () => {
    expect(sniffImage(readPictureFile('rgb8.png'))).toBe('png');
    expect(sniffImage(readPictureFile('progressive.jpg'))).toBe('jpeg');
    expect(sniffImage(readPictureFile('lossy.webp'))).toBe('webp');
  });

  it.each([
    ['GIF89a\x01\0', 'a GIF'],
    ['RIFF\x10\0\0\0WAVEfmt ', 'of no kind known'],
    ['\0\0\0\x18ftypheic', 'a HEIC'],
    ['\0\0\0\x1cftypavif', 'an AVIF'],
    ['\0\0\0\x1cftypisom', 'a video'],
    ['BM\x36\0\0\0\0\0\0\0', 'a BMP'],
    ['II*\0\x08\0\0\0', 'a TIFF'],
    ['%PDF-1.7', 'a PDF'],
    ['PK\x03\x04', 'an archive'],
    ['\n<!DOCTYPE html><html>', 'a web page'],
    ['\xef\xbb\xbf<html>', 'a web page'],
    ['<?xml version="1.0"?>\n<svg xmlns="', 'an SVG'],
    ['{"error": "not found"}', 'text that starts with "{\\"error\\": \\"not found\\"}"'],
    ['\x01\x02\x03\x04', 'of no kind known'],
  ])('names %j: %s', (head, what) => {
    const sniff = (): unknown => sniffImage(latin1(head), 'holiday.png');
    expect(sniff).toThrow(expect.objectContaining({ code: 'E_IMAGE_KIND' }));
    expect(sniff).toThrow(`holiday.png is ${what}`);
  });

  it('calls no bytes at all corrupt', () => {
    expect(() => sniffImage(new Uint8Array())).toThrow(expect.objectContaining({ code: 'E_IMAGE_CORRUPT' }));
  });
});
