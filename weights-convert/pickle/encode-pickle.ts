/**
 * Writes records as a pickle of protocol 2, the one torch uses: the inverse of decode-pickle.ts. Records that occur
 * twice are written once and recalled, and so are strings, as Python does.
 *
 * For trees that dalle-gl makes itself: it recurses, and knows no cycles.
 */
import { DalleError } from '../../base/errors.ts';
import { isRecord, type CallRecord, type PickleRecord, type PickleValue } from './records.ts';

/** The bytes of a pickle of `root`, from PROTO to STOP. Whole numbers within 32 bits become ints, others floats. */
export function encodePickle(root: PickleValue): Uint8Array {
  const writer = new PickleWriter();
  writer.opcode('\x80\x02');
  writer.value(root);
  writer.opcode('.');
  return writer.finish();
}

class PickleWriter {
  readonly #chunks: Uint8Array[] = [];
  readonly #memo = new Map<PickleRecord | string, number>();

  /** One-byte opcodes and small arguments, given as characters. */
  opcode(characters: string): void {
    this.#chunks.push(Uint8Array.from(characters, (character) => character.charCodeAt(0)));
  }

  value(value: PickleValue): void {
    if (isRecord(value)) this.#once(this.#identity(value), () => this.#record(value));
    else if (value === null) this.opcode('N');
    else if (typeof value === 'boolean') this.opcode(value ? '\x88' : '\x89');
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.#once(value, () => this.#text(value));
    else
      throw new DalleError(
        'E_PICKLE_VALUE',
        `encodePickle: a ${typeof value} cannot be written. Use numbers and text.`,
      );
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#chunks.reduce((sum, { length }) => sum + length, 0));
    let position = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, position);
      position += chunk.length;
    }
    return bytes;
  }

  /** Globals are equal by name, everything else by identity. */
  #identity(record: PickleRecord): PickleRecord | string {
    return record.tag === 'global' ? `\0${record.module} ${record.name}` : record;
  }

  #once(key: PickleRecord | string, write: () => void): void {
    const index = this.#memo.get(key);
    if (index !== undefined) {
      this.#indexed('h', 'j', index);
      return;
    }
    write();
    this.#memo.set(key, this.#memo.size);
    this.#indexed('q', 'r', this.#memo.size - 1);
  }

  #indexed(short: string, long: string, index: number): void {
    if (index < 256) this.opcode(short + String.fromCharCode(index));
    else this.#withUint32(long, index);
  }

  #record(record: PickleRecord): void {
    switch (record.tag) {
      case 'global':
        this.opcode(`c${record.module}\n${record.name}\n`);
        return;
      case 'persistent':
        this.value(record.id);
        this.opcode('Q');
        return;
      case 'tuple':
        this.#marked(record.items, 't');
        return;
      case 'list':
        this.opcode(']');
        this.#marked(record.items, 'e');
        return;
      case 'dict':
        this.opcode('}');
        this.#marked(record.entries.flat(), 'u');
        return;
      case 'call':
        this.#call(record);
        return;
      case 'set':
        throw new DalleError('E_PICKLE_VALUE', 'encodePickle: protocol 2 has no sets. Write a call of builtins.set.');
    }
  }

  #call({ by, callee, args, items, entries, state }: CallRecord): void {
    this.value(callee);
    this.value(args);
    this.opcode(by === 'newobj' ? '\x81' : 'R');
    if (items.length > 0) this.#marked(items, 'e');
    if (entries.length > 0) this.#marked(entries.flat(), 'u');
    if (state === undefined) return;
    this.value(state);
    this.opcode('b');
  }

  #marked(values: readonly PickleValue[], opcode: string): void {
    this.opcode('(');
    for (const value of values) this.value(value);
    this.opcode(opcode);
  }

  #number(value: number): void {
    if (Number.isInteger(value) && value === (value | 0) && !Object.is(value, -0)) {
      this.#withUint32('J', value >>> 0);
      return;
    }
    const bytes = new Uint8Array(9);
    bytes[0] = 0x47;
    new DataView(bytes.buffer).setFloat64(1, value, false);
    this.#chunks.push(bytes);
  }

  #text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#withUint32('X', bytes.length);
    this.#chunks.push(bytes);
  }

  #withUint32(opcode: string, value: number): void {
    const bytes = new Uint8Array(5);
    bytes[0] = opcode.charCodeAt(0);
    new DataView(bytes.buffer).setUint32(1, value, true);
    this.#chunks.push(bytes);
  }
}
