/**
 * What a tar says of its members: headers of 512 bytes (POSIX ustar), and notes before a member, by pax. What is wrong
 * with one is for the reader to say; a part that is not as the format has it is undefined here.
 */

/** Bytes of a header; what follows one is filled up to a multiple of them. */
export const BLOCK = 512;

/** Of a long name, and of what pax says of a member. */
export const MAX_NOTE_BYTES: number = 64 * 1024;

/** A header as it stands. */
interface TarHeader {
  readonly name: string;
  /** `0` or a zero is a file. */
  readonly type: string;
  /** Undefined where it is no number. */
  readonly size: number | undefined;
}

/** Whether these are the first bytes of a tar archive. */
export function isTar(head: Uint8Array): boolean {
  return new TextDecoder().decode(head.subarray(257, 262)) === 'ustar';
}

/** Undefined where its sum is not the one that it says. */
export function readTarHeader(header: Uint8Array): TarHeader | undefined {
  const field = (at: number, length: number): string => readField(header.subarray(at, at + length));
  // The sum counts its own field as spaces.
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== readNumber(header.subarray(148, 156))) return undefined;
  // GNU's magic ends in a space, and keeps times where ustar has the front of a long name.
  const front = isTar(header) && header[262] === 0 ? field(345, 155) : '';
  const name = front === '' ? field(0, 100) : `${front}/${field(0, 100)}`;
  return { name, type: String.fromCharCode(header[156]!), size: readNumber(header.subarray(124, 136)) };
}

/** Octal digits, or where the first bit is set a number of that many bytes. */
function readNumber(field: Uint8Array): number | undefined {
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((total, byte) => total * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = readField(field).trim();
  return /^[0-7]{1,12}$/.test(digits) ? parseInt(digits, 8) : undefined;
}

/** Text up to a zero. Bytes that are no UTF-8 become signs of replacement: names are only shown and compared. */
export function readField(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Lines of a length, a key and a value: `27 path=a/b/c.safetensors`. The length counts itself. */
export function readPaxRecords(bytes: Uint8Array): ReadonlyMap<string, string> | undefined {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const digits = /^\d{1,6} /.exec(readField(bytes.subarray(at, at + 7)))?.[0];
    const end = at + Number(digits ?? 0);
    if (digits === undefined || end > bytes.length || end - at <= digits.length) return undefined;
    const [key, ...value] = new TextDecoder().decode(bytes.subarray(at + digits.length, end - 1)).split('=');
    records.set(key!, value.join('='));
    at = end;
  }
  return records;
}
