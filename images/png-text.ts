/**
 * Words inside a PNG: how a picture remembers the prompt and the seed it was made with. Latin-1 goes into `tEXt`
 * chunks, anything else into uncompressed `iTXt` in UTF-8, as the PNG specification has them (11.3.4).
 *
 * Pure: runs in Node and in the browser.
 */
import { UsageError } from '../base/errors.ts';
import { makePngChunk, readPngChunks } from './png-chunks.ts';

const LATIN1 = /^[\x20-\x7e\xa0-\xff\n]*$/;

/**
 * `png` with one chunk for each keyword of `text`, after its header. Throws `E_PNG_TEXT` for a keyword that is not 1
 * to 79 Latin-1 letters, and for NUL in a text.
 */
export function addPngText(png: Uint8Array, text: Readonly<Record<string, string>>): Uint8Array {
  const { value: header } = readPngChunks(png, 'the picture').next();
  const chunks = Object.entries(text).map(([keyword, words]) => makeTextChunk(keyword, words));
  return joinBytes([png.subarray(0, header!.end), ...chunks, png.subarray(header!.end)]);
}

/** All `tEXt` and uncompressed `iTXt` texts of `png` by keyword; `E_IMAGE_CORRUPT` when the file ends early. */
export function readPngText(png: Uint8Array, name = 'the picture'): Record<string, string> {
  const found: [string, string][] = [];
  for (const { type, data } of readPngChunks(png, name)) {
    const end = data.indexOf(0);
    if (end < 1) continue;
    const keyword = decodeLatin1(data.subarray(0, end));
    if (type === 'tEXt') found.push([keyword, decodeLatin1(data.subarray(end + 1))]);
    if (type !== 'iTXt' || data[end + 1] !== 0) continue;
    // After two bytes of compression come the language and the translated keyword, each closed by NUL.
    const language = data.indexOf(0, end + 3);
    const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
    if (translated >= 0) found.push([keyword, new TextDecoder().decode(data.subarray(translated + 1))]);
  }
  return Object.fromEntries(found);
}

function makeTextChunk(keyword: string, words: string): Uint8Array {
  const named = keyword.length >= 1 && keyword.length <= 79 && LATIN1.test(keyword) && !keyword.includes('\n');
  if (!named || words.includes('\0')) {
    throw new UsageError(
      'E_PNG_TEXT',
      `addPngText: wanted a keyword of 1 to 79 Latin-1 letters and a text without NUL, but got the keyword ` +
        `${JSON.stringify(keyword.slice(0, 100))}. Shorten the keyword and put the rest into the text.`,
    );
  }
  if (LATIN1.test(words)) return makePngChunk('tEXt', encodeLatin1(`${keyword}\0${words}`));
  return makePngChunk('iTXt', joinBytes([encodeLatin1(`${keyword}\0\0\0\0\0`), new TextEncoder().encode(words)]));
}

function encodeLatin1(words: string): Uint8Array {
  return Uint8Array.from(words, (letter) => letter.charCodeAt(0));
}

function decodeLatin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
