/**
 * A file written by `torch.save`, in either container, opened for reading: the object it holds as inert records, and
 * where the bytes of its storages lie. Nothing but the pickle is read until a tensor is asked for.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { refuseExtensions, refuseGadgets } from '../census/globals.ts';
import { decodePickle, type DecodedPickle } from '../pickle/decode-pickle.ts';
import { listNames } from '../pickle/called-names.ts';
import { makeTrace } from '../pickle/trace.ts';
import type { GlobalRecord, PickleValue } from '../pickle/records.ts';
import { findHalves, readTensor, readTensorBlocks } from './read-tensor.ts';
import { StorageTable, type Storage } from './storage.ts';
import type { TensorRecord } from './tensor-record.ts';

export interface TorchFile {
  /** What was saved: a module, a state dict, or any other object. */
  readonly root: PickleValue;
  readonly globals: readonly GlobalRecord[];
  readonly storages: StorageTable;
  /** Of a TorchScript archive, whose program is never looked at: what to say where its data is of no use either. */
  readonly program?: FormatError;
  /** A tensor's elements, row-major; the storage's checksum, where there is one, is checked the first time. */
  readTensor(tensor: TensorRecord): Promise<Float32Array>;
  /** The same in pieces. */
  readTensorBlocks(tensor: TensorRecord): AsyncGenerator<Float32Array>;
  /** The bits of one of halves in order, in pieces; undefined for any other, or for one that lies otherwise. */
  findHalves?(tensor: TensorRecord): (() => AsyncGenerator<Uint16Array>) | undefined;
}

/** What a container's reader hands over. */
interface TorchParts {
  readonly pickle: DecodedPickle;
  readonly storages: ReadonlyMap<string, Storage>;
  readonly littleEndian: boolean;
  readonly program?: FormatError | undefined;
  /** Throws if the bytes of a storage do not match their checksum. */
  readonly verifyStorage: (storage: Storage) => Promise<void>;
}

/** Puts a container's parts together. */
export function assembleTorchFile(source: ByteSource, parts: TorchParts): TorchFile {
  const verified = new Set<string>();
  const verify = async ({ storage: { storage } }: TensorRecord): Promise<void> => {
    if (!verified.has(storage.key)) await parts.verifyStorage(storage);
    verified.add(storage.key);
  };
  return {
    root: parts.pickle.root,
    globals: parts.pickle.globals,
    storages: new StorageTable(parts.storages),
    ...(parts.program && { program: parts.program }),
    async readTensor(tensor) {
      await verify(tensor);
      return readTensor(source, tensor, parts.littleEndian);
    },
    async *readTensorBlocks(tensor) {
      await verify(tensor);
      yield* readTensorBlocks(source, tensor, parts.littleEndian);
    },
    findHalves(tensor) {
      const read = findHalves(source, tensor, parts.littleEndian);
      if (!read) return undefined;
      return async function* () {
        await verify(tensor);
        yield* read();
      };
    },
  };
}

/** How a container's reader decodes the pickles in it: for use, or to be looked at. */
export type DecodeMember = (bytes: Uint8Array, sourceName: string) => DecodedPickle;

/**
 * Decodes a pickle; a known way to run code in it is what gets reported, even if the pickle is also broken (an attack
 * may place its call before the break).
 *
 * @throws UnsafeFileError `E_PICKLE_EXEC_ATTEMPT`, and FormatError as `decodePickle`
 */
export function decodeWithoutGadgets(bytes: Uint8Array, sourceName: string): DecodedPickle {
  const trace = makeTrace();
  try {
    return decodePickle(bytes, { trace });
  } catch (error) {
    if (error instanceof FormatError)
      throw new FormatError(error.code, `${sourceName}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    refuseGadgets(listNames(trace), sourceName);
    refuseExtensions(trace.globals, sourceName);
  }
}
