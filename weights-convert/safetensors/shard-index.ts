/**
 * The index of a sharded safetensors checkpoint, `<name>.safetensors.index.json`: which file holds which tensor.
 *
 * Follows what Hugging Face's libraries write: `metadata` with the bytes of all tensors, `weight_map` from names to
 * files beside the index.
 */
import { FormatError } from '../../base/errors.ts';
import { checkCount, checkName, duplicateError, JsonReader, quote } from './json-reader.ts';

/** File → names of the tensors in it, in the order of the index. */
export type ShardMap = ReadonlyMap<string, ReadonlySet<string>>;

const INDEX = 'the index';
const MAX_SHARDS = 10_000;

/**
 * Reads an index.
 *
 * @throws FormatError `E_ST_JSON` for anything but such an object, `E_ST_DUPLICATE` for a name given twice,
 *   `E_ST_SHARD` for a shard that is no plain file name, none at all, or more than 10,000, `E_ST_LIMIT`
 */
export function parseShardIndex(text: string): ShardMap {
  const reader = new JsonReader(text, INDEX);
  const fields = new Set<string>();
  const shards = new Map<string, Set<string>>();
  reader.object((field) => {
    if (fields.has(field)) throw duplicateError(field, INDEX);
    fields.add(field);
    if (field === 'metadata') skipMetadata(reader);
    else if (field === 'weight_map') readWeightMap(reader, shards);
    else throw reader.error(`an unknown field ${quote(field)}`);
  });
  reader.end();
  if (shards.size === 0) throw shardError('the index names no tensors');
  return shards;
}

/** The bytes of all tensors, and other notes; some writers have none and say so. */
function skipMetadata(reader: JsonReader): void {
  if (!reader.acceptNull()) reader.object(() => reader.skipValue(0));
}

function readWeightMap(reader: JsonReader, shards: Map<string, Set<string>>): void {
  const names = new Set<string>();
  reader.object((name) => {
    checkName(name, INDEX);
    checkCount(names.size, INDEX);
    if (names.has(name)) throw duplicateError(name, INDEX);
    names.add(name);
    const file = reader.string();
    // A file beside the index: one from elsewhere must not reach other files.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(file)) throw shardError(`${quote(file)} is no plain file name`);
    if (!shards.has(file) && shards.size === MAX_SHARDS) throw shardError(`it names more than ${MAX_SHARDS} files`);
    shards.set(file, (shards.get(file) ?? new Set()).add(name));
  });
}

/**
 * The text of an index: names sorted, no time of day, so that the same tensors always give the same bytes.
 *
 * @param bytes of all tensors, without headers
 */
export function formatShardIndex(shards: ShardMap, bytes: number): string {
  const entries = [...shards].flatMap(([file, names]) => [...names].map((name): [string, string] => [name, file]));
  const weight_map = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ metadata: { total_size: bytes }, weight_map }, null, 2)}\n`;
}

/** An error about an index and shards that do not fit together. */
export function shardError(what: string): FormatError {
  return new FormatError(
    'E_ST_SHARD',
    `openShards: ${what}. The shards are of different versions or one is damaged; fetch all of them again, with their ` +
      `index.`,
  );
}
