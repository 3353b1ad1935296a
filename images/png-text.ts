/**
 * Words inside a PNG: how a picture remembers the prompt and the seed it was made with. Latin-1 goes into `tEXt`
 * chunks, anything else into uncompressed `iTXt` in UTF-8, as the PNG specification has them (11.3.4). Compressed texts
 * (`zTXt`, compressed `iTXt`) are not read: a few bytes of them can be millions of letters.
 *
 * Pure: runs in Node and in the browser.
 */
import { FormatError, UsageError } from '../base/errors.ts';
import { checkObject, checkText } from '../base/check-argument.ts';
import { checkBytes, showValue } from './arguments.ts';
import { makePngChunk, readPngChunks } from './png-chunks.ts';
import { readPngHeader } from './png-header.ts';

const LATIN1 = /^[\x20-\x7e\xa0-\xff\n]*$/;
/** Most bytes of one text and of all, keywords included, and how many: a hundred times what we write. */
const MAX_TEXT_BYTES = 1_000_000;
const MAX_BYTES = 4_000_000;
const MAX_TEXTS = 1000;
/** Letters made of bytes in one call; more would not fit the stack. */
const PIECE = 8192;

/**
 * `png` with one chunk for each keyword of `text`, after its header. Throws `E_PNG_TEXT` for a keyword that is not 1
 * to 79 Latin-1 letters, for what is no text, and for NUL in one.
 */
export function addPngText(png: Uint8Array, text: Readonly<Record<string, string>>): Uint8Array {
  checkBytes('addPngText', png);
  checkObject('addPngText', 'text', text);
  const { end } = readPngHeader(png, 'the picture');
  const chunks = Object.entries(text).map(([keyword, words]) => makeTextChunk(keyword, words));
  return joinBytes([png.subarray(0, end), ...chunks, png.subarray(end)]);
}

/**
 * All `tEXt` and uncompressed `iTXt` texts of `png` by keyword, in an object without a prototype. Throws
 * `E_IMAGE_CORRUPT` when the file ends early, `E_PNG_TEXT` for more text than a picture has use for.
 */
export function readPngText(png: Uint8Array, name = 'the picture'): Record<string, string> {
  checkBytes('readPngText', png);
  checkText('readPngText', 'a name', name);
  const found: Record<string, string> = Object.create(null);
  let texts = 0;
  let bytes = 0;
  for (const { type, data } of readPngChunks(png, name)) {
    if (type !== 'tEXt' && type !== 'iTXt') continue;
    texts += 1;
    bytes += data.length;
    if (data.length > MAX_TEXT_BYTES || bytes > MAX_BYTES || texts > MAX_TEXTS) throw tooMuchText(name);
    const entry = readText(type, data);
    if (entry) found[entry.keyword] = entry.words;
  }
  return found;
}

function readText(type: 'tEXt' | 'iTXt', data: Uint8Array): { keyword: string; words: string } | undefined {
  const end = data.indexOf(0);
  if (end < 1) return undefined;
  const keyword = decodeLatin1(data.subarray(0, end));
  if (type === 'tEXt') return { keyword, words: decodeLatin1(data.subarray(end + 1)) };
  if (data[end + 1] !== 0) return undefined;
  // After two bytes of compression come the language and the translated keyword, each closed by NUL.
  const language = data.indexOf(0, end + 3);
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
  return translated < 0 ? undefined : { keyword, words: new TextDecoder().decode(data.subarray(translated + 1)) };
}

function tooMuchText(name: string): FormatError {
  return new FormatError(
    'E_PNG_TEXT',
    `readPngText: wanted at most ${MAX_TEXTS} texts of ${MAX_TEXT_BYTES / 1e6} MB and ${MAX_BYTES / 1e6} MB in all, ` +
      `but ${name} has more. It was probably made to waste time, or carries a document; save it without its metadata.`,
  );
}

function makeTextChunk(keyword: string, words: unknown): Uint8Array {
  const named = keyword.length >= 1 && keyword.length <= 79 && LATIN1.test(keyword) && !keyword.includes('\n');
  if (!named || typeof words !== 'string' || words.includes('\0')) {
    throw new UsageError(
      'E_PNG_TEXT',
      `addPngText: wanted a keyword of 1 to 79 Latin-1 letters and a text without NUL, but got the keyword ` +
        `${JSON.stringify(keyword.slice(0, 100))} and ${typeof words === 'string' ? 'a text' : showValue(words)}. ` +
        'Shorten the keyword and put the rest into the text.',
    );
  }
  if (LATIN1.test(words)) return makePngChunk('tEXt', encodeLatin1(`${keyword}\0${words}`));
  return makePngChunk('iTXt', joinBytes([encodeLatin1(`${keyword}\0\0\0\0\0`), new TextEncoder().encode(words)]));
}

function encodeLatin1(words: string): Uint8Array {
  return Uint8Array.from(words, (letter) => letter.charCodeAt(0));
}

function decodeLatin1(bytes: Uint8Array): string {
  let words = '';
  for (let at = 0; at < bytes.length; at += PIECE) words += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return words;
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
