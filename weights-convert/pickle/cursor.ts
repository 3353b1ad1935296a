/**
 * A bounds-checked cursor over a pickle stream: unsigned lengths that must fit the bytes that remain, little-endian
 * integers, text lines. It never moves backwards, whatever a length field says.
 */
import { FormatError } from '../../base/errors.ts';
import { checkBudget, type PickleBudgets } from './budgets.ts';

const NEWLINE = 0x0a;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class PickleCursor {
  /** Offset of the next byte. */
  position = 0;
  readonly budgets: PickleBudgets;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, budgets: PickleBudgets) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.budgets = budgets;
  }

  get remaining(): number {
    return this.#bytes.length - this.position;
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** A 64-bit length; whatever exceeds 2^53 cannot fit the stream and is refused there. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** BINFLOAT's number: big-endian, unlike everything else. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** A copy of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    // Not `slice`: on a Node Buffer that gives a view.
    return new Uint8Array(this.#string(length));
  }

  /** UTF-8 as Python writes it: also lone surrogates, of file names that are no text, say. */
  utf8(length: number): string {
    return this.#decodeLenient(this.#string(length));
  }

  latin1(length: number): string {
    return decodeLatin1(this.#string(length));
  }

  /** The text up to the next newline, which is consumed. Bytes become characters 0 to 255. */
  line(): string {
    return decodeLatin1(this.#lineBytes());
  }

  /** As `line`, decoded as UTF-8. */
  lineUtf8(): string {
    return this.#decode(this.#lineBytes());
  }

  /** A two's-complement integer of `length` bytes; a number where it is safe, else a bigint. */
  integer(length: number): number | bigint {
    checkBudget(this.budgets, 'integerBytes', length, this.position);
    const start = this.#advance(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]!);
    return narrowInteger(BigInt.asIntN(length * 8, value));
  }

  #lineBytes(): Uint8Array {
    const end = this.#bytes.indexOf(NEWLINE, this.position);
    if (end < 0) throw this.#truncated('a line', this.remaining + 1);
    const line = this.#string(end - this.position);
    this.position++;
    return line;
  }

  #string(length: number): Uint8Array {
    checkBudget(this.budgets, 'stringBytes', length, this.position);
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** The well-formed pieces between surrogates, and those, which UTF-8 proper does not allow. */
  #decodeLenient(bytes: Uint8Array): string {
    let text = '';
    let start = 0;
    for (let at = bytes.indexOf(SURROGATE_LEAD); at >= 0; at = bytes.indexOf(SURROGATE_LEAD, at)) {
      if (!hasSurrogateAt(bytes, at)) {
        at++;
        continue;
      }
      text += this.#decode(bytes.subarray(start, at));
      text += String.fromCharCode(0xd000 | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f));
      at += 3;
      start = at;
    }
    return text + this.#decode(bytes.subarray(start));
  }

  #decode(bytes: Uint8Array): string {
    try {
      return UTF8.decode(bytes);
    } catch (cause) {
      throw new FormatError(
        'E_PICKLE_VALUE',
        `decodePickle: the string before byte ${this.position} is not valid UTF-8. The file is damaged; fetch it again.`,
        { cause },
      );
    }
  }

  #advance(length: number): number {
    if (length > this.remaining) throw this.#truncated(`${length} bytes`, length);
    const start = this.position;
    this.position += length;
    return start;
  }

  #truncated(what: string, length: number): FormatError {
    return new FormatError(
      'E_PICKLE_TRUNCATED',
      `decodePickle: at byte ${this.position} ${what} should follow, but only ${this.remaining} of ${length} remain. ` +
        `The file was cut short or damaged; fetch it again.`,
    );
  }
}

/** The first byte of a surrogate (and of what lies just below them). */
const SURROGATE_LEAD = 0xed;

/** True if a surrogate, U+D800 to U+DFFF, is written at this byte as if it were a character. */
function hasSurrogateAt(bytes: Uint8Array, at: number): boolean {
  const [lead, second, third] = bytes.subarray(at, at + 3);
  return (
    lead === SURROGATE_LEAD &&
    second !== undefined &&
    (second & 0xe0) === 0xa0 &&
    third !== undefined &&
    (third & 0xc0) === 0x80
  );
}

/** A bigint as a number where that is exact. */
export function narrowInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Bytes as characters 0 to 255, as Python's latin-1 (the web's decoder of that name is windows-1252). */
function decodeLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += 4096) {
    text += String.fromCharCode(...bytes.subarray(start, start + 4096));
  }
  return text;
}
