/**
 * Writes a zip of stored entries as a stream, as torch lays its checkpoints out: data aligned to 64 bytes by a padding
 * field in the local header, no dates. One entry is in memory at a time; the same entries always give the same bytes.
 */
import { DalleError } from '../../base/errors.ts';
import { crc32 } from '../../base/crc32.ts';

/** An entry to write; its bytes are made when its turn comes. */
export interface ZipInput {
  readonly name: string;
  make(): Uint8Array | Promise<Uint8Array>;
}

const ALIGNMENT = 64;
/** The id of torch's padding field, the letters FB. */
const PADDING_ID = 0x4246;
const PADDING_BYTE = 0x5a;
const UTF8_FLAG = 0x0800;
const MAX_OFFSET = 0xffffffff;

interface Written {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * The bytes of a zip file, block by block.
 *
 * @throws DalleError `E_ZIP_LIMIT` if it would need ZIP64 (4 GB)
 */
export async function* writeZip(inputs: Iterable<ZipInput>): AsyncGenerator<Uint8Array> {
  const entries: Written[] = [];
  let offset = 0;
  for (const input of inputs) {
    const bytes = await input.make();
    const entry = { name: new TextEncoder().encode(input.name), crc: crc32(bytes), size: bytes.length, offset };
    const header = formatLocalHeader(entry);
    offset += header.length + bytes.length;
    if (offset > MAX_OFFSET)
      throw new DalleError('E_ZIP_LIMIT', 'writeZip: the file would exceed 4 GB. Write fewer tensors.');
    entries.push(entry);
    yield header;
    yield bytes;
  }
  yield formatDirectory(entries, offset);
}

function formatLocalHeader(entry: Written): Uint8Array {
  const unpadded = 30 + entry.name.length + 4;
  const padding = (ALIGNMENT - ((entry.offset + unpadded) % ALIGNMENT)) % ALIGNMENT;
  const header = new Uint8Array(unpadded + padding).fill(PADDING_BYTE, unpadded);
  const view = new DataView(header.buffer);
  view.setUint32(0, 0x04034b50, true);
  view.setUint16(6, UTF8_FLAG, true);
  view.setUint32(14, entry.crc, true);
  view.setUint32(18, entry.size, true);
  view.setUint32(22, entry.size, true);
  view.setUint16(26, entry.name.length, true);
  view.setUint16(28, 4 + padding, true);
  header.set(entry.name, 30);
  view.setUint16(30 + entry.name.length, PADDING_ID, true);
  view.setUint16(32 + entry.name.length, padding, true);
  return header;
}

function formatDirectory(entries: readonly Written[], offset: number): Uint8Array {
  const size = entries.reduce((sum, { name }) => sum + 46 + name.length, 0);
  const bytes = new Uint8Array(size + 22);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const entry of entries) {
    view.setUint32(at, 0x02014b50, true);
    view.setUint16(at + 8, UTF8_FLAG, true);
    view.setUint32(at + 16, entry.crc, true);
    view.setUint32(at + 20, entry.size, true);
    view.setUint32(at + 24, entry.size, true);
    view.setUint16(at + 28, entry.name.length, true);
    view.setUint32(at + 42, entry.offset, true);
    bytes.set(entry.name, at + 46);
    at += 46 + entry.name.length;
  }
  view.setUint32(at, 0x06054b50, true);
  view.setUint16(at + 8, entries.length, true);
  view.setUint16(at + 10, entries.length, true);
  view.setUint32(at + 12, size, true);
  view.setUint32(at + 16, offset, true);
  return bytes;
}
