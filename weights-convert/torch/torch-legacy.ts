/**
 * The container of torch < 1.6: five pickles in a row (magic number, protocol version, facts about the writer, the
 * object, the list of storage keys), then for each key an int64 element count and the raw elements.
 *
 * Follows `_legacy_load` in torch/serialization.py. Nothing here carries a checksum; the counts are checked against
 * what the pickle says, and the last storage must end where the file ends.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { DEFAULT_BUDGETS } from '../pickle/budgets.ts';
import type { DecodedPickle } from '../pickle/decode-pickle.ts';
import { sequenceItems, stringEntries, type PersistentRecord, type PickleValue } from '../pickle/records.ts';
import { DTYPE_BYTES } from './dtypes.ts';
import { parseStorageId, storageError, type Storage, type StorageId } from './storage.ts';
import { assembleTorchFile, decodeWithoutGadgets, type DecodeMember, type TorchFile } from './torch-file.ts';

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
const COUNT_BYTES = 8;

/**
 * Opens a legacy checkpoint.
 *
 * @throws FormatError `E_PICKLE_*`, `E_FORMAT_UNKNOWN`, `E_TENSOR_STORAGE`; UnsafeFileError `E_PICKLE_EXEC_ATTEMPT`
 */
export async function openTorchLegacy(
  source: ByteSource,
  decode: DecodeMember = decodeWithoutGadgets,
): Promise<TorchFile> {
  const stream = new PickleStream(source, decode);
  const magic = await stream.next();
  const protocol = await stream.next();
  const system = stringEntries((await stream.next()).root);
  const littleEndian = system?.get('little_endian');
  if (magic.root !== MAGIC_NUMBER || protocol.root !== PROTOCOL_VERSION || typeof littleEndian !== 'boolean') {
    throw new FormatError(
      'E_FORMAT_UNKNOWN',
      `openTorchLegacy: ${source.name} begins like a checkpoint of torch before ` +
        `1.6, but what follows does not fit. The file is damaged; fetch it again.`,
    );
  }
  const pickle = await stream.next();
  const keys = await stream.next();
  const storages = await locateStorages(source, stream.position, keys.root, collectIds(pickle.persistents));
  return assembleTorchFile(source, { pickle, storages, littleEndian, verifyStorage: async () => {} });
}

/** Reads pickle after pickle from a source without knowing how long each is. */
class PickleStream {
  position = 0;
  readonly #source: ByteSource;
  readonly #decode: DecodeMember;

  constructor(source: ByteSource, decode: DecodeMember) {
    this.#source = source;
    this.#decode = decode;
  }

  /**
   * Tries with a little, then with more, up to the budget: a pickle is some kilobytes, the file hundreds of megabytes.
   */
  async next(): Promise<DecodedPickle> {
    const remaining = this.#source.size - this.position;
    for (let length = 256 * 1024; ; length *= 16) {
      const available = Math.min(length, remaining, DEFAULT_BUDGETS.streamBytes);
      const bytes = await this.#source.read(this.position, available);
      try {
        const pickle = this.#decode(bytes, this.#source.name);
        this.position += pickle.length;
        return pickle;
      } catch (error) {
        const isCut = error instanceof FormatError && error.code === 'E_PICKLE_TRUNCATED';
        if (!isCut || available < length) throw error;
      }
    }
  }
}

/** The storages a pickle names, by key. All that is said about one storage must agree. */
function collectIds(persistents: readonly PersistentRecord[]): Map<string, StorageId> {
  const ids = new Map<string, StorageId>();
  for (const { id } of persistents) {
    const parsed = parseStorageId(id);
    if (!parsed) continue;
    const known = ids.get(parsed.key);
    if (known && (known.dtype !== parsed.dtype || known.elements !== parsed.elements)) {
      throw storageError('one storage is described in two ways');
    }
    ids.set(parsed.key, parsed);
  }
  return ids;
}

async function locateStorages(
  source: ByteSource,
  start: number,
  keys: PickleValue,
  ids: ReadonlyMap<string, StorageId>,
): Promise<Map<string, Storage>> {
  const storages = new Map<string, Storage>();
  let position = start;
  for (const key of sequenceItems(keys) ?? []) {
    const id = typeof key === 'string' ? ids.get(key) : undefined;
    if (!id || storages.has(id.key)) throw storageError('the list of storages does not fit the tensors');
    if (position + COUNT_BYTES > source.size) throw cutError(source, id.key);
    const header = await source.read(position, COUNT_BYTES);
    const elements = new DataView(header.buffer, header.byteOffset).getBigInt64(0, true);
    if (elements !== BigInt(id.elements)) {
      throw storageError(`storage ${id.key.slice(0, 40)} has ${elements} elements, its tensors expect ${id.elements}`);
    }
    const bytes = id.elements * DTYPE_BYTES[id.dtype ?? 'U8'];
    const offset = position + COUNT_BYTES;
    if (offset + bytes > source.size) throw cutError(source, id.key);
    storages.set(id.key, { key: id.key, offset, bytes });
    position = offset + bytes;
  }
  if (position !== source.size) throw storageError(`${source.size - position} bytes follow the last storage`);
  return storages;
}

function cutError(source: ByteSource, key: string): FormatError {
  return new FormatError(
    'E_PICKLE_TRUNCATED',
    `openTorchLegacy: ${source.name} (${source.size} bytes) ends within storage ` +
      `${JSON.stringify(key.slice(0, 40))}. Its download was cut short; fetch it again.`,
  );
}
