/** Tars as tests need them: whole, and with any field of a header spoilt. */
import type { Contents } from './data-sets.ts';

/** Fields of a header that are written otherwise than they should be. */
interface TarOddities {
  readonly size?: string;
  readonly type?: string;
}

/** A ustar archive; `odd` says what is wrong with the member of that name. */
export function makeTar(contents: Contents, odd: Readonly<Record<string, TarOddities>> = {}): Buffer {
  const members = Object.entries(contents).map(([name, content]) => makeMember(name, Buffer.from(content), odd[name]));
  return Buffer.concat([...members, Buffer.alloc(1024)]);
}

/** A header and its bytes. */
export function makeMember(name: string, bytes: Buffer, { size, type = '0' }: TarOddities = {}): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write(size ?? `${bytes.length.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\0' + '00', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}
