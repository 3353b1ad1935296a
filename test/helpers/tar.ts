/** Writes tar archives for tests, right ones and wrong ones: POSIX's ustar headers, and whatever else is asked for. */

export interface TarEntry {
  readonly name: string;
  readonly data?: Uint8Array | string;
  /** The letter of its type [a file]. */
  readonly type?: string;
  /** What the header says instead of the length of the data. */
  readonly size?: number | string;
  readonly prefix?: string;
  /** Added to the sum that the header has. */
  readonly sumError?: number;
}

const BLOCK = 512;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** @param end how many blocks of zeros end it */
export function makeTar(entries: readonly TarEntry[], end = 2): Uint8Array {
  const blocks = entries.flatMap((entry) => {
    const data = typeof entry.data === 'string' ? encode(entry.data) : (entry.data ?? new Uint8Array(0));
    return [makeHeader(entry, data.length), data, new Uint8Array(-data.length & (BLOCK - 1))];
  });
  return new Uint8Array(Buffer.concat([...blocks, new Uint8Array(end * BLOCK)]));
}

function makeHeader({ name, type = '0', size, prefix = '', sumError = 0 }: TarEntry, length: number): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => header.set(Buffer.from(text, 'latin1'), at);
  put(0, name);
  put(100, '0000644\0');
  put(124, typeof size === 'string' ? size : `${(size ?? length).toString(8).padStart(11, '0')}\0`);
  put(148, ' '.repeat(8));
  put(156, type);
  put(257, 'ustar\u000000');
  put(345, prefix);
  const sum = header.reduce((total, byte) => total + byte, 0) + sumError;
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** A record of pax: its own length, a key and a value. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const length = rest.length + String(rest.length + 2).length;
  return `${length}${rest}`;
}
