/**
 * A sharded checkpoint as one source: its index, and behind it the bytes of its shards in the order of their names.
 * Whatever reads a file can so read, hash and close all of them.
 */
import { FormatError } from '../../base/errors.ts';
import { joinSources, type ByteSource } from '../byte-source.ts';
import type { TensorData } from '../../nets/weights.ts';
import { quote } from './json-reader.ts';
import { listSafetensors, readSafetensorsLayout, requireReadable, type TensorSpan } from './read-safetensors.ts';
import { parseShardIndex, shardError, type ShardMap } from './shard-index.ts';

/** Index and shards as one run of bytes. */
export interface ShardedSource extends ByteSource {
  readonly shards: readonly Shard[];
}

interface Shard {
  readonly source: ByteSource;
  /** What the index says is in it. */
  readonly names: ReadonlySet<string>;
}

/** An index takes some hundred bytes for each tensor. */
const MAX_INDEX_BYTES = 25 * 1024 * 1024;

export function isSharded(source: ByteSource): source is ShardedSource {
  return 'shards' in source;
}

/**
 * Opens the shards that an index names, and gives all as one source; closing it closes the index too.
 *
 * @param openFile opens a file beside the index by its name
 * @throws FormatError `E_ST_JSON`, `E_ST_DUPLICATE`, `E_ST_SHARD`, `E_FILE_MISSING`, and what else `openFile` throws
 */
export async function openShards(
  index: ByteSource,
  openFile: (name: string) => Promise<ByteSource>,
): Promise<ShardedSource> {
  const map = [...(await readIndex(index))].sort(([a], [b]) => (a < b ? -1 : 1));
  const shards: Shard[] = [];
  try {
    for (const [file, names] of map) shards.push({ source: await openShard(index, file, openFile), names });
  } catch (error) {
    await closeShards({ shards });
    throw error;
  }
  const sources = shards.map(({ source }) => source);
  return { ...joinSources(index.name, [index, ...sources]), shards };
}

/** Closes the shards, and leaves the index to whoever opened it. */
export async function closeShards({ shards }: Pick<ShardedSource, 'shards'>): Promise<void> {
  for (const { source } of shards) await source.close?.();
}

/** The tensors of all shards where every one is wanted; throws as `listShardedSafetensors`, and `E_TENSOR_DTYPE`. */
export async function openShardedSafetensors(source: ShardedSource): Promise<ReadonlyMap<string, TensorData>> {
  return requireReadable(await listShardedSafetensors(source));
}

/**
 * The tensors of all shards; an error for one of a type that is not read.
 *
 * @throws FormatError `E_ST_SHARD` where a shard holds other tensors than the index says, and as `listSafetensors`
 */
export async function listShardedSafetensors({
  shards,
}: ShardedSource): Promise<Map<string, TensorData | FormatError>> {
  const tensors = new Map<string, TensorData | FormatError>();
  for (const shard of shards) {
    const own = await listSafetensors(shard.source);
    checkNames(shard, own);
    for (const [name, tensor] of own) tensors.set(name, tensor);
  }
  return tensors;
}

/** Where a tensor lies, and in which shard. */
interface ShardedSpan {
  readonly name: string;
  readonly span: TensorSpan;
  readonly file: string;
}

/** Where the tensors of all shards lie; throws as `listShardedSafetensors`. */
export async function readShardedLayout({ shards }: ShardedSource): Promise<ShardedSpan[]> {
  const spans: ShardedSpan[] = [];
  for (const shard of shards) {
    const layout = await readSafetensorsLayout(shard.source);
    checkNames(shard, layout.spans);
    for (const [name, span] of layout.spans) spans.push({ name, span, file: shard.source.name });
  }
  return spans;
}

async function readIndex(index: ByteSource): Promise<ShardMap> {
  if (index.size > MAX_INDEX_BYTES) throw shardError(`the index has ${index.size} bytes, which is too many for one`);
  const bytes = await index.read(0, index.size);
  try {
    return parseShardIndex(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw shardError('the index is not UTF-8');
  }
}

async function openShard(
  index: ByteSource,
  file: string,
  openFile: (name: string) => Promise<ByteSource>,
): Promise<ByteSource> {
  try {
    return await openFile(file);
  } catch (cause) {
    if (!(cause instanceof FormatError) || cause.code !== 'E_FILE_MISSING') throw cause;
    throw new FormatError(
      'E_FILE_MISSING',
      `openShards: ${index.name} names the shard ${file}, and there is no such file beside it. The download is ` +
        `incomplete: fetch that file too.`,
      { cause },
    );
  }
}

/** A shard holds exactly the tensors that the index gives it; so none is in two shards either. */
function checkNames({ source, names }: Shard, found: ReadonlyMap<string, unknown>): void {
  const missing = [...names].find((name) => !found.has(name));
  if (missing !== undefined) throw shardError(`${quote(missing)} should be in ${source.name}, and is not`);
  const extra = [...found.keys()].find((name) => !names.has(name));
  if (extra !== undefined) throw shardError(`${quote(extra)} is in ${source.name}, and the index does not say so`);
}
