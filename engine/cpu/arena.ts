/**
 * Who has which part of a linear memory: first fit, and neighbours that are free are joined. It holds addresses only,
 * so it lays out a plan as well as a device.
 */
import { MemoryError } from '../../base/errors.ts';

/** Every address is a multiple of this, a cache line; values are followed by as much that may be read. */
export const ALIGNMENT: number = 64;

/** What WebAssembly can address with 32 bits. */
export const MOST_BYTES: number = 2 ** 32;

interface Gap {
  start: number;
  end: number;
}

export class Arena {
  private readonly limit: number;
  /** Free parts below `top`, by address; what is above is free too. */
  private gaps: Gap[] = [];
  private readonly sizes = new Map<number, number>();
  private end: number;
  private most: number;

  /** @param first the first address that may be given */
  constructor(first: number, limit: number = MOST_BYTES) {
    this.limit = limit;
    this.end = first;
    this.most = first;
  }

  /** Bytes that the memory must have had at most so far. */
  get peak(): number {
    return this.most;
  }

  /** Bytes that are in use. */
  get used(): number {
    return [...this.sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Bytes that were given at an address. */
  sizeOf(address: number): number {
    return this.sizes.get(address) ?? 0;
  }

  /** Throws MemoryError `E_MEMORY` where they cannot be had. */
  allocate(bytes: number): number {
    const size = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT + ALIGNMENT;
    const gap = this.gaps.find(({ start, end }) => end - start >= size);
    const address = gap ? gap.start : this.end;
    if (!gap && address + size > this.limit) throw tooLarge(bytes, this.used);
    if (gap) gap.start += size;
    else this.end += size;
    this.gaps = this.gaps.filter(({ start, end }) => end > start);
    this.most = Math.max(this.most, this.end);
    this.sizes.set(address, size);
    return address;
  }

  free(address: number): void {
    const size = this.sizes.get(address);
    if (size === undefined) throw new Error(`arena: nothing was given at ${address}`);
    this.sizes.delete(address);
    const after = this.gaps.findIndex(({ start }) => start > address);
    this.gaps.splice(after < 0 ? this.gaps.length : after, 0, { start: address, end: address + size });
    const joined: Gap[] = [];
    for (const gap of this.gaps) {
      const last = joined.at(-1);
      if (last?.end === gap.start) last.end = gap.end;
      else joined.push(gap);
    }
    if (joined.at(-1)?.end === this.end) this.end = joined.pop()!.start;
    this.gaps = joined;
  }
}

/** What is beyond the memory of a device. */
export function tooLarge(bytes: number, used: number): MemoryError {
  return new MemoryError(
    'E_MEMORY',
    `the CPU device: ${bytes} bytes are wanted beside ${used} that are in use, and WebAssembly addresses 4 GiB in all. ` +
      `Use a smaller picture or batch, weights in halves, or a GPU.`,
  );
}
