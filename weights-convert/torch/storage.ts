/**
 * Storages: the runs of bytes that tensors look into. A pickle refers to one by a persistent id,
 * `('storage', class, key, location, elements)`, with a sixth item in the legacy container (a view on part of it).
 * The location (cpu, cuda:0) is ignored: the bytes are in the file all the same.
 */
import { FormatError } from '../../base/errors.ts';
import { globalName, isRecord, sequenceItems, type PickleValue } from '../pickle/records.ts';
import { DTYPE_BYTES, STORAGE_DTYPES } from './dtypes.ts';
import type { Dtype } from '../../nets/weights.ts';

/** Where the bytes of one storage lie in the file. */
export interface Storage {
  readonly key: string;
  readonly offset: number;
  readonly bytes: number;
}

/** A storage as one tensor sees it: typed, and perhaps only a part. `start` counts bytes from the storage's first. */
export interface StorageReference {
  readonly storage: Storage;
  readonly dtype: Dtype;
  readonly start: number;
  readonly elements: number;
}

/** What a persistent id says. */
export interface StorageId {
  /** Null: untyped, its elements are bytes. */
  readonly dtype: Dtype | null;
  readonly key: string;
  readonly elements: number;
  /** Of legacy files: the elements of the whole that this view covers. */
  readonly view: { readonly offset: number; readonly elements: number } | undefined;
}

/** The storages of one file. */
export class StorageTable {
  readonly #storages: ReadonlyMap<string, Storage>;

  constructor(storages: ReadonlyMap<string, Storage>) {
    this.#storages = storages;
  }

  /**
   * What a tensor's first argument refers to.
   *
   * @param dtype element type for an untyped storage; null if only its class can tell
   * @throws FormatError `E_TENSOR_STORAGE`
   */
  resolve(reference: PickleValue, dtype: Dtype | null): StorageReference {
    if (!isRecord(reference) || reference.tag !== 'persistent') throw storageError('a tensor has no storage');
    const id = parseStorageId(reference.id);
    if (!id) throw storageError('a tensor refers to something other than a storage');
    const storage = this.#storages.get(id.key);
    if (!storage) throw storageError(`storage ${quoteKey(id.key)} is not in the file`);
    const own = DTYPE_BYTES[id.dtype ?? 'U8'];
    if (storage.bytes !== id.elements * own) {
      throw storageError(
        `storage ${quoteKey(id.key)} should have ${id.elements} elements of ${own} bytes and has ${storage.bytes} bytes`,
      );
    }
    // A typed storage knows its elements; a dtype stated beside one must be the same.
    if (id.dtype && dtype && id.dtype !== dtype)
      throw storageError(`a tensor of ${dtype} lies in a storage of ${id.dtype}`);
    const element = dtype ?? id.dtype ?? 'U8';
    const whole = id.view ?? { offset: 0, elements: id.elements };
    return {
      storage,
      dtype: element,
      start: whole.offset * own,
      elements: Math.floor((whole.elements * own) / DTYPE_BYTES[element]),
    };
  }
}

/**
 * Reads a persistent id.
 *
 * @returns undefined if it names something other than a storage
 * @throws FormatError `E_TENSOR_STORAGE`, `E_TENSOR_DTYPE` if it names one badly
 */
export function parseStorageId(id: PickleValue): StorageId | undefined {
  const items = sequenceItems(id);
  if (!items || items[0] !== 'storage') return undefined;
  const [, kind, key, , elements, view] = items;
  if (items.length < 5 || items.length > 6 || typeof key !== 'string' || !isCount(elements)) {
    throw storageError('the id of a storage is not as torch writes it');
  }
  const className = globalName(kind) ?? 'something that is no class';
  const dtype = STORAGE_DTYPES.get(className);
  if (dtype === undefined) {
    throw new FormatError(
      'E_TENSOR_DTYPE',
      `parseStorageId: storage ${quoteKey(key)} is of ${className.slice(0, 80)}, which ` +
        `cannot be read as float32 (complex and quantised tensors cannot). Convert the tensor in PyTorch first.`,
    );
  }
  return { dtype, key, elements, view: parseView(view, elements) };
}

function parseView(view: PickleValue | undefined, elements: number): StorageId['view'] {
  if (view === undefined || view === null) return undefined;
  const items = sequenceItems(view);
  const offset = items?.[1];
  const length = items?.[2];
  if (items?.length === 3 && isCount(offset) && isCount(length) && offset + length <= elements) {
    return { offset, elements: length };
  }
  throw storageError('a view lies outside its storage');
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function quoteKey(key: string): string {
  return JSON.stringify(key.slice(0, 40));
}

/** An error about a storage that is missing, mis-sized or badly named. */
export function storageError(what: string): FormatError {
  return new FormatError(
    'E_TENSOR_STORAGE',
    `openTorchFile: ${what}. The file is incomplete or damaged; fetch it again from its origin.`,
  );
}
