/**
 * Reads the JSON that safetensors files and their indexes are made of, token by token, from left to right.
 *
 * Written by hand because `JSON.parse` hides what matters here: of duplicate keys it keeps the last, numbers beyond
 * 2^53 arrive rounded, and a hostile text of nested brackets makes it allocate many times the file's size.
 */
import { FormatError } from '../../base/errors.ts';

/** Every method skips white space before its token, and throws `E_ST_JSON` if it finds another one. */
export class JsonReader {
  readonly #text: string;
  readonly #what: string;
  #position = 0;

  /** @param what the text is, for messages: `the header` */
  constructor(text: string, what: string) {
    this.#text = text;
    this.#what = what;
  }

  /** An object; `readValue` is called behind each key and must consume the value. */
  object(readValue: (key: string) => void): void {
    this.#expect('{');
    if (this.#accept('}')) return;
    do {
      const key = this.string();
      this.#expect(':');
      readValue(key);
    } while (this.#accept(','));
    this.#expect('}');
  }

  /** A list; `readItem` must consume each item. */
  array(readItem: () => void): void {
    this.#expect('[');
    if (this.#accept(']')) return;
    do readItem();
    while (this.#accept(','));
    this.#expect(']');
  }

  /** A list of at most `limit` non-negative safe integers, written without fraction or exponent. */
  integers(limit: number): number[] {
    const values: number[] = [];
    this.array(() => {
      if (values.push(this.integer()) > limit) throw this.error(`more than ${limit} integers in a list`);
    });
    return values;
  }

  /** A non-negative safe integer, written without fraction or exponent. */
  integer(): number {
    const digits = this.#match(/(?:0|[1-9]\d*)(?![\d.eE])/y);
    const value = Number(digits);
    if (digits === undefined || !Number.isSafeInteger(value)) throw this.error('something other than an integer');
    return value;
  }

  string(): string {
    this.#skipSpace();
    const start = this.#position;
    if (this.#text[start] !== '"') throw this.error('something other than a string');
    // A loop, since a pattern's own stack ends at some ten million characters.
    let end = start + 1;
    for (; this.#text[end] !== '"'; end++) {
      if (!(this.#text.charCodeAt(end) >= 0x20)) throw this.error('a string that does not end');
      if (this.#text[end] === '\\') end++;
    }
    this.#position = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, end + 1)) as string;
    } catch {
      throw this.error('a string with an escape that JSON does not have');
    }
  }

  /** Whether an object comes next; consumes nothing. */
  isObject(): boolean {
    return this.#peek() === '{';
  }

  /** Whether a string comes next; consumes nothing. */
  isString(): boolean {
    return this.#peek() === '"';
  }

  /** Consumes a `null`, if one comes next. */
  acceptNull(): boolean {
    return this.#match(/null(?!\w)/y) !== undefined;
  }

  /** Any value with at most so many levels of brackets, which is not kept. */
  skipValue(levels: number): void {
    this.#skipSpace();
    const first = this.#text[this.#position];
    if (first !== '{' && first !== '[') return this.#skipScalar();
    if (levels === 0) throw this.error('brackets within brackets too deep');
    if (first === '{') this.object(() => this.skipValue(levels - 1));
    else this.array(() => this.skipValue(levels - 1));
  }

  /** Nothing may follow. */
  end(): void {
    this.#skipSpace();
    if (this.#position !== this.#text.length) throw this.error('more text behind the last brace');
  }

  error(what: string): FormatError {
    return new FormatError(
      'E_ST_JSON',
      `openSafetensors: at character ${this.#position} ${this.#what} has ${what}. It is not what safetensors writes: the ` +
        `file is damaged; fetch it again.`,
    );
  }

  #skipScalar(): void {
    if (this.#text[this.#position] === '"') this.string();
    else if (this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y) === undefined) {
      throw this.error('no value where one belongs');
    }
  }

  #peek(): string | undefined {
    this.#skipSpace();
    return this.#text[this.#position];
  }

  #accept(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#position++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) throw this.error(`no ${JSON.stringify(character)} where one belongs`);
  }

  #match(pattern: RegExp): string | undefined {
    this.#skipSpace();
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#position += found.length;
    return found;
  }

  #skipSpace(): void {
    while (' \n\r\t'.includes(this.#text[this.#position] ?? 'end')) this.#position++;
  }
}

/** An error about a name given twice in one object. */
export function duplicateError(name: string, what: string): FormatError {
  return new FormatError(
    'E_ST_DUPLICATE',
    `openSafetensors: ${what} names ${quote(name)} twice; which one is meant cannot be known. Programs write no such ` +
      `files: do not trust this one.`,
  );
}

/** Tensors, or notes, of one object; the largest models have a few thousand. */
const MAX_COUNT = 100_000;
/** Letters. */
const MAX_NAME = 1024;

/** Throws `E_ST_LIMIT` where an object that has `count` entries already is to have one more than any file needs. */
export function checkCount(count: number, what: string): void {
  if (count >= MAX_COUNT) throw limitError(what, `more than ${MAX_COUNT} entries`);
}

/** Throws `E_ST_LIMIT` for a name that no program gives a tensor. */
export function checkName(name: string, what: string): void {
  if (name.length > MAX_NAME) throw limitError(what, `a name of ${name.length} letters, ${quote(name)}`);
}

function limitError(what: string, found: string): FormatError {
  const advice = 'No checkpoint needs that: it was made to exhaust memory, or is damaged. Do not trust the file.';
  return new FormatError('E_ST_LIMIT', `openSafetensors: ${what} has ${found}. ${advice}`);
}

/** A name from the file, short enough for a message. */
export function quote(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
