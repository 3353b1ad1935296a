/** CRC-32 against zlib's, whole and in pieces. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32 } from './crc32.ts';

test('the same as zlib, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
      const wanted = zlibCrc32(bytes);
      expect(crc32(bytes)).toBe(wanted);
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(wanted);
    }),
    { numRuns: 300 },
  );
});
