/**
 * Pictures that fuzzing begins with. A PNG is spoiled chunk by chunk, and its pixels before they are packed, since
 * checksums would refuse any other change; a WebP chunk by chunk as well; a JPEG as it is.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import { makePngChunk, PNG_SIGNATURE_BYTES, readPngChunks } from '../../dist/images/png-chunks.js';
import { addPngText } from '../../dist/images/png-text.js';

const folder = new URL('../images/', import.meta.url);

/** @returns {import('./seeds.mjs').Seed[]} */
export function listPictureSeeds() {
  const names = readdirSync(folder).filter((name) => /\.(png|jpg|webp)$/.test(name));
  return names.flatMap((name) => {
    const bytes = readFileSync(new URL(name, folder));
    const whole = { name, parts: [bytes], assemble: async ([only]) => only };
    if (name.endsWith('.png')) return [whole, pngSeed(name, bytes)];
    return name.endsWith('.webp') ? [whole, webpSeed(name, bytes)] : [whole];
  });
}

function pngSeed(name, bytes) {
  const described = addPngText(bytes, { Prompt: 'a red heart', 'dalle-gl': '{"seed": 7, "text": "♥"}' });
  const chunks = [...readPngChunks(described, name)];
  const exif = { type: 'eXIf', data: Buffer.from('MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0', 'latin1') };
  const parts = [chunks[0], exif, ...chunks.slice(1)];
  return {
    name: `${name}, by chunks`,
    parts: parts.map(({ type, data }) => (type === 'IDAT' ? inflateSync(data) : data)),
    assemble: async (spoiled) => {
      const made = spoiled.map((data, i) =>
        makePngChunk(parts[i].type, parts[i].type === 'IDAT' ? deflateSync(data) : data),
      );
      return Buffer.concat([bytes.subarray(0, PNG_SIGNATURE_BYTES), ...made]);
    },
  };
}

function webpSeed(name, bytes) {
  const chunks = [];
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 4);
    chunks.push({ type: bytes.subarray(at, at + 4), data: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return {
    name: `${name}, by chunks`,
    parts: chunks.map(({ data }) => data),
    assemble: async (spoiled) => {
      const made = spoiled.flatMap((data, i) => [
        chunks[i].type,
        number(data.length),
        data,
        Buffer.alloc(data.length % 2),
      ]);
      const body = Buffer.concat([Buffer.from('WEBP'), ...made]);
      return Buffer.concat([Buffer.from('RIFF'), number(body.length), body]);
    },
  };
}

function number(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
