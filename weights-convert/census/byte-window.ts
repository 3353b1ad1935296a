/** A part of a source that was read already, so that many small looks are few reads. */
import type { ByteSource } from '../byte-source.ts';

const LEAST_READ = 256 * 1024;

export class ByteWindow {
  readonly #source: ByteSource;
  readonly #end: number;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  /** @param end where the part of the source ends that may be looked at */
  constructor(source: ByteSource, end: number) {
    this.#source = source;
    this.#end = end;
  }

  /** At least `length` bytes from `position` on, or as many as there are. A view. */
  async from(position: number, length: number): Promise<Uint8Array> {
    const wanted = Math.min(length, this.#end - position);
    if (position < this.#start || position + wanted > this.#start + this.#bytes.length) {
      const size = Math.min(Math.max(wanted, LEAST_READ), this.#end - position);
      this.#bytes = await this.#source.read(position, size);
      this.#start = position;
    }
    return this.#bytes.subarray(position - this.#start);
  }
}
