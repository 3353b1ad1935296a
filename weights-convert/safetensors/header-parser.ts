/**
 * A parser for exactly the JSON that a safetensors header may be: an object of tensors and one of notes.
 *
 * Written by hand because `JSON.parse` hides what matters here: of duplicate keys it keeps the last, numbers beyond
 * 2^53 arrive rounded, and a hostile header of nested brackets makes it allocate many times the file's size. Names go
 * into `Map`s, so `__proto__` is a name like any other.
 */
import { FormatError } from '../../errors.ts';

/** One tensor as the header states it; unchecked against the rest. */
export interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its bytes begin and end, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, HeaderEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

const METADATA_NAME = '__metadata__';
const MAX_RANK = 32;

/**
 * Parses a header.
 *
 * @param text the header without its length, trailing spaces included
 * @throws FormatError `E_ST_JSON` for anything but the exact schema, `E_ST_DUPLICATE` for a name given twice
 */
export function parseSafetensorsHeader(text: string): SafetensorsHeader {
  const parser = new HeaderParser(text);
  const entries = new Map<string, HeaderEntry>();
  let metadata: Map<string, string> | undefined;
  parser.object((name) => {
    if (entries.has(name) || (name === METADATA_NAME && metadata)) throw duplicateError(name);
    if (name === METADATA_NAME) metadata = parseMetadata(parser);
    else entries.set(name, parseEntry(parser, name));
  });
  parser.end();
  return { entries, metadata: metadata ?? new Map() };
}

function parseMetadata(parser: HeaderParser): Map<string, string> {
  const metadata = new Map<string, string>();
  parser.object((key) => {
    if (metadata.has(key)) throw duplicateError(key);
    metadata.set(key, parser.string());
  });
  return metadata;
}

function parseEntry(parser: HeaderParser, name: string): HeaderEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  parser.object((key) => {
    if (key === 'dtype' && dtype === undefined) dtype = parser.string();
    else if (key === 'shape' && shape === undefined) shape = parser.integers(MAX_RANK);
    else if (key === 'data_offsets' && offsets === undefined) offsets = parser.integers(2);
    else throw parser.error(`a second or unknown field ${quote(key)} in tensor ${quote(name)}`);
  });
  const [begin, end] = offsets ?? [];
  if (dtype === undefined || shape === undefined || begin === undefined || end === undefined) {
    throw parser.error(`tensor ${quote(name)} without dtype, shape or both data_offsets`);
  }
  return { dtype, shape, begin, end };
}

/** Reads tokens from left to right; every method skips white space before its token. */
class HeaderParser {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
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

  /** A list of at most `limit` non-negative safe integers, written without fraction or exponent. */
  integers(limit: number): number[] {
    const values: number[] = [];
    this.#expect('[');
    if (this.#accept(']')) return values;
    do {
      const digits = this.#match(/(?:0|[1-9]\d*)(?![\d.eE])/y);
      const value = Number(digits);
      if (digits === undefined || !Number.isSafeInteger(value)) throw this.error('something other than an integer');
      if (values.push(value) > limit) throw this.error(`more than ${limit} integers in a list`);
    } while (this.#accept(','));
    this.#expect(']');
    return values;
  }

  string(): string {
    const literal = this.#match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (literal === undefined) throw this.error('something other than a string');
    return JSON.parse(literal) as string;
  }

  end(): void {
    this.#skipSpace();
    if (this.#position !== this.#text.length) throw this.error('more text behind the last brace');
  }

  error(what: string): FormatError {
    return new FormatError(
      'E_ST_JSON',
      `parseSafetensorsHeader: at character ${this.#position} the header has ${what}. It is not what safetensors ` +
        `writes: the file is damaged; fetch it again.`,
    );
  }

  #accept(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#position] !== character) return false;
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

function duplicateError(name: string): FormatError {
  return new FormatError(
    'E_ST_DUPLICATE',
    `parseSafetensorsHeader: the header names ${quote(name)} twice; which one is meant ` +
      `cannot be known. Programs write no such files: do not trust this one.`,
  );
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
