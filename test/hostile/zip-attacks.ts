/** Attacks on the zip container: the same harmless pickle in archives that lie. */
import type { Attack } from './attacks.ts';
import { assembleZip, type EntryPlan, type ZipPlan } from './zip-assembler.ts';

/** @param data the pickle that every archive holds */
export function zipAttacks(data: Uint8Array): Attack[] {
  const entry = { name: 'x/data.pkl', data };
  const version = { name: 'x/version', data: Buffer.from('3\n') };
  const attack = (code: string, name: string, entries: readonly EntryPlan[], plan: ZipPlan = {}): Attack => ({
    code,
    name: `zip: ${name}`,
    make: () => assembleZip(entries, plan),
  });
  const zip64Field = Uint8Array.of(1, 0, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255);
  return [
    attack('E_ZIP_METHOD', 'a deflated entry', [{ ...entry, method: 8 }]),
    attack('E_ZIP_ENCRYPTED', 'an encrypted entry', [{ ...entry, flags: 1 }]),
    attack('E_ZIP_CRC', 'a wrong checksum', [{ ...entry, crc: 1 }]),
    attack('E_ZIP_OVERLAP', 'two entries on the same bytes', [
      entry,
      { ...version, data, name: 'x/data.pkl2', offset: 0 },
    ]),
    attack('E_ZIP_OVERLAP', 'an entry reaching into the directory', [
      { ...entry, size: data.length + 10, localSize: data.length + 10 },
    ]),
    attack('E_ZIP_OVERLAP', 'a header behind the directory', [entry, { ...version, offset: 100_000 }]),
    attack('E_ZIP_NAME', 'a name twice', [entry, entry]),
    attack('E_ZIP_NAME', 'a name that climbs', [{ ...entry, name: '../data.pkl' }]),
    attack('E_ZIP_NAME', 'an absolute name', [{ ...entry, name: '/x/data.pkl' }]),
    attack('E_ZIP_NAME', 'a drive letter', [{ ...entry, name: 'C:x/data.pkl' }]),
    attack('E_ZIP_NAME', 'a backslash', [{ ...entry, name: 'x\\data.pkl' }]),
    attack('E_ZIP_NAME', 'a NUL', [{ ...entry, name: 'x/data.pkl\0.txt' }]),
    attack('E_ZIP_STRUCTURE', 'two sizes for a stored entry', [{ ...entry, packed: 1 }]),
    attack('E_ZIP_STRUCTURE', 'another name in the header', [{ ...entry, localName: 'x/data.pkI' }]),
    attack('E_ZIP_STRUCTURE', 'other flags in the header', [{ ...entry, localFlags: 2 }]),
    attack('E_ZIP_STRUCTURE', 'another size in the header', [{ ...entry, localSize: 1 }]),
    attack('E_ZIP_STRUCTURE', 'more entries than there are', [entry], { count: 2 }),
    attack('E_ZIP_STRUCTURE', 'a directory elsewhere', [entry], { directoryOffset: 0 }),
    attack('E_ZIP_STRUCTURE', 'a longer directory', [entry], { directorySize: 1000 }),
    attack('E_ZIP_STRUCTURE', 'a split archive', [entry], { disk: 1 }),
    attack('E_ZIP_TRUNCATED', 'bytes behind the end', [entry], { suffix: Buffer.from('extra') }),
    attack('E_ZIP_TRUNCATED', 'a comment', [entry], { comment: Buffer.from('a comment') }),
    attack('E_ZIP_STRUCTURE', 'bytes before the beginning', [entry], { prefix: Buffer.from('PK\x03\x04hidden') }),
    attack('E_ZIP_STRUCTURE', 'bytes between two entries', [{ ...entry, gap: Buffer.from('hidden') }, version]),
    attack('E_ZIP_STRUCTURE', 'bytes behind the last entry', [entry, { ...version, gap: Buffer.from('hidden') }]),
    attack('E_ZIP_STRUCTURE', 'ZIP64: an offset of 2^64 - 1', [
      entry,
      { ...version, offset: 0xffffffff, extra: zip64Field },
    ]),
    attack('E_ZIP_STRUCTURE', 'ZIP64: a size without its field', [{ ...entry, size: 0xffffffff }]),
    attack('E_ZIP_STRUCTURE', 'ZIP64: a field that is cut', [{ ...entry, extra: Uint8Array.of(1, 0, 99, 0) }]),
    attack('E_ZIP_STRUCTURE', 'ZIP64: a locator pointing elsewhere', [entry], { zip64: { locator: 0n } }),
    attack('E_ZIP_STRUCTURE', 'ZIP64: a directory at 2^63', [entry], { zip64: { offset: 2n ** 63n } }),
    attack('E_ZIP_LIMIT', 'ZIP64: a million entries', [entry], { zip64: { count: 1_000_000n } }),
    attack('E_FORMAT_UNKNOWN', 'no pickle', [version]),
    attack('E_FORMAT_UNKNOWN', 'two pickles', [entry, { ...entry, name: 'y/data.pkl' }]),
    attack('E_FORMAT_UNKNOWN', 'an entry outside its root', [entry, { ...version, name: 'y/version' }]),
    attack('E_FORMAT_UNKNOWN', 'TorchScript', [entry, { ...version, name: 'x/constants.pkl' }]),
    attack('E_FORMAT_UNKNOWN', 'an unknown byte order', [entry, { ...version, name: 'x/byteorder' }]),
  ];
}
