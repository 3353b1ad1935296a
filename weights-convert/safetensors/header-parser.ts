/**
 * A parser for exactly the JSON that a safetensors header may be: an object of tensors and one of notes. Names go into
 * `Map`s, so `__proto__` is a name like any other.
 */
import { checkCount, checkName, duplicateError, JsonReader, quote } from './json-reader.ts';

/** One tensor as the header states it; unchecked against the rest. */
export interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its bytes begin and end, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, HeaderEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

const HEADER = 'the header';
const METADATA_NAME = '__metadata__';
const MAX_RANK = 32;

/**
 * Parses a header.
 *
 * @param text the header without its length, trailing spaces included
 * @throws FormatError `E_ST_JSON` for anything but the exact schema, `E_ST_DUPLICATE` for a name given twice,
 *   `E_ST_LIMIT`
 */
export function parseSafetensorsHeader(text: string): SafetensorsHeader {
  const parser = new JsonReader(text, HEADER);
  const entries = new Map<string, HeaderEntry>();
  let metadata: ReadonlyMap<string, string> | undefined;
  parser.object((name) => {
    checkName(name, HEADER);
    checkCount(entries.size, HEADER);
    if (entries.has(name) || (name === METADATA_NAME && metadata)) throw duplicateError(name, HEADER);
    if (name === METADATA_NAME) metadata = parseMetadata(parser);
    else entries.set(name, parseEntry(parser, name));
  });
  parser.end();
  return { entries, metadata: metadata ?? new Map() };
}

/** Notes: text by name. As the reference reader has it, `null` is none at all, and any other value is an error. */
function parseMetadata(parser: JsonReader): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (parser.acceptNull()) return metadata;
  parser.object((key) => {
    checkCount(metadata.size, HEADER);
    if (metadata.has(key)) throw duplicateError(key, HEADER);
    if (!parser.isString()) throw parser.error(`a note ${quote(key)} in ${METADATA_NAME} that is no text`);
    metadata.set(key, parser.string());
  });
  return metadata;
}

function parseEntry(parser: JsonReader, name: string): HeaderEntry {
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
