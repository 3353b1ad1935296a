/**
 * Zip files by hand: every field of every record can lie. With no lies the result is what torch would write.
 */
import { crc32 } from 'node:zlib';

/** One entry and its lies; what is left out is true. */
export interface EntryPlan {
  readonly name: string;
  readonly data: Uint8Array;
  /** In the local header, where it differs from the directory. */
  readonly localName?: string;
  readonly localFlags?: number;
  readonly localSize?: number;
  /** Of a compressed entry, where it is not the same. */
  readonly localPacked?: number;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly packed?: number;
  /** Of the local header, for entries that share bytes. */
  readonly offset?: number;
  /** Bytes behind its data that belong to no entry. */
  readonly gap?: Uint8Array;
  /** Extra field of the directory. */
  readonly extra?: Uint8Array;
}

export interface ZipPlan {
  readonly prefix?: Uint8Array;
  readonly suffix?: Uint8Array;
  readonly count?: number;
  readonly directorySize?: number;
  readonly directoryOffset?: number;
  readonly disk?: number;
  readonly comment?: Uint8Array;
  /** Builds ZIP64 end records: what they say, and where the locator points. */
  readonly zip64?: {
    readonly count?: bigint;
    readonly size?: bigint;
    readonly offset?: bigint;
    readonly locator?: bigint;
  };
}

export function assembleZip(entries: readonly EntryPlan[], plan: ZipPlan = {}): Uint8Array {
  const chunks: Buffer[] = [Buffer.from(plan.prefix ?? [])];
  const length = (): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const directory: Buffer[] = [];
  for (const entry of entries) {
    const offset = entry.offset ?? length();
    directory.push(directoryEntry(entry, offset));
    if (entry.offset === undefined)
      chunks.push(localHeader(entry), Buffer.from(entry.data), Buffer.from(entry.gap ?? []));
  }
  const start = length();
  chunks.push(...directory);
  const size = length() - start;
  if (plan.zip64) chunks.push(zip64End(entries.length, size, start, length(), plan.zip64));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(plan.disk ?? 0, 4);
  const isLong = plan.zip64 !== undefined;
  end.writeUInt16LE(isLong ? 0xffff : entries.length, 8);
  end.writeUInt16LE(isLong ? 0xffff : (plan.count ?? entries.length), 10);
  end.writeUInt32LE(isLong ? 0xffffffff : (plan.directorySize ?? size), 12);
  end.writeUInt32LE(isLong ? 0xffffffff : (plan.directoryOffset ?? start), 16);
  end.writeUInt16LE(plan.comment?.length ?? 0, 20);
  chunks.push(end, Buffer.from(plan.comment ?? []), Buffer.from(plan.suffix ?? []));
  return new Uint8Array(Buffer.concat(chunks));
}

function localHeader(entry: EntryPlan): Buffer {
  const name = Buffer.from(entry.localName ?? entry.name);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(entry.localFlags ?? entry.flags ?? 0, 6);
  header.writeUInt16LE(entry.method ?? 0, 8);
  header.writeUInt32LE(entry.crc ?? crc32(entry.data), 14);
  header.writeUInt32LE(entry.localPacked ?? entry.localSize ?? entry.data.length, 18);
  header.writeUInt32LE(entry.localSize ?? entry.data.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function directoryEntry(entry: EntryPlan, offset: number): Buffer {
  const name = Buffer.from(entry.name);
  const extra = Buffer.from(entry.extra ?? []);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(entry.flags ?? 0, 8);
  header.writeUInt16LE(entry.method ?? 0, 10);
  header.writeUInt32LE(entry.crc ?? crc32(entry.data), 16);
  header.writeUInt32LE(entry.packed ?? entry.size ?? entry.data.length, 20);
  header.writeUInt32LE(entry.size ?? entry.data.length, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, name, extra]);
}

function zip64End(count: number, size: number, start: number, at: number, lies: NonNullable<ZipPlan['zip64']>): Buffer {
  const records = Buffer.alloc(76);
  records.writeUInt32LE(0x06064b50, 0);
  records.writeBigUInt64LE(44n, 4);
  records.writeBigUInt64LE(lies.count ?? BigInt(count), 24);
  records.writeBigUInt64LE(lies.count ?? BigInt(count), 32);
  records.writeBigUInt64LE(lies.size ?? BigInt(size), 40);
  records.writeBigUInt64LE(lies.offset ?? BigInt(start), 48);
  records.writeUInt32LE(0x07064b50, 56);
  records.writeBigUInt64LE(lies.locator ?? BigInt(at), 64);
  records.writeUInt32LE(1, 72);
  return records;
}
