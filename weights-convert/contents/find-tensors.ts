/**
 * Lists what an object saved by `torch.save` or `pickle.dump` holds: tensors and arrays in dictionaries and lists, and
 * pickled modules. Each dictionary is visited once, without recursion, and only so deep as programs nest them.
 *
 * Everything else is a value beside the tensors. Nothing of it is built or called: it is named, and left out.
 */
import { FormatError } from '../../base/errors.ts';
import type { FileContents, FileModule, FileTensor, FileValue } from './file-tensors.ts';
import { formatName } from '../inspect/format-value.ts';
import { classNameOf } from '../pickle/class-names.ts';
import { isRecord, stringEntries, type PickleRecord, type PickleValue } from '../pickle/records.ts';
import { interpretArray } from '../numpy/pickled-array.ts';
import { moduleClass } from './state-dict.ts';
import { interpretTensor } from '../torch/tensor-record.ts';
import type { TorchFile } from '../torch/torch-file.ts';
import type { TensorData } from '../../nets/weights.ts';

/** Optimisers keep tensors four deep. */
const MAX_DEPTH = 12;
/** No net comes near these. */
const MAX_PATH = 1_000;
const MAX_TENSORS = 100_000;
const MAX_VALUES = 1_000;

/** What of an opened file is looked at: one that holds no storages has no tensors of torch's. */
export type ReadableFile = Pick<TorchFile, 'root' | 'storages' | 'readTensor' | 'readTensorBlocks' | 'findHalves'>;

/**
 * Lists the contents of a file.
 *
 * @param whole classes of modules that are read as a whole by others, and not looked into
 * @throws FormatError `E_TENSOR_GEOMETRY`, `E_TENSOR_STORAGE`, `E_NPY_SIZE` for a tensor that cannot be, naming it;
 *   `E_PICKLE_LIMIT` for more tensors or longer names than any net has
 */
export function findTensors(file: ReadableFile, whole: ReadonlySet<string>): FileContents {
  const walk = new TensorWalk(file, whole);
  walk.run();
  return walk;
}

interface Place {
  readonly record: PickleRecord;
  readonly path: string;
  readonly depth: number;
}

class TensorWalk implements FileContents {
  readonly tensors: FileTensor[] = [];
  readonly values: FileValue[] = [];
  readonly modules: FileModule[] = [];
  readonly dictionaries: Map<string, ReadonlyMap<string, PickleValue>> = new Map();
  readonly foreignKeys: Map<string, string> = new Map();
  readonly #file: ReadableFile;
  readonly #whole: ReadonlySet<string>;
  readonly #seen = new Set<PickleRecord>();
  readonly #pending: Place[] = [];

  constructor(file: ReadableFile, whole: ReadonlySet<string>) {
    this.#file = file;
    this.#whole = whole;
  }

  run(): void {
    this.#visit(this.#file.root, '', '', 0);
    // In the order of the file: the first that is met is the first that is listed.
    for (let next = 0; next < this.#pending.length; next++) this.#open(this.#pending[next]!);
  }

  /** Lists a value, or puts it down to be looked into. */
  #visit(value: PickleValue, path: string, container: string, depth: number): void {
    if (path.length > MAX_PATH) {
      if (isRecord(value) && value.tag === 'call') throw limitError(`a name of ${path.length} characters`);
      return;
    }
    const data = isRecord(value) && value.tag === 'call' ? nameErrors(path, () => this.#readTensor(value)) : undefined;
    if (data) {
      const isArray = isRecord(value) && /^numpy/.test(classNameOf(value));
      if (this.tensors.push({ path, container, data, isArray }) > MAX_TENSORS)
        throw limitError(`more than ${MAX_TENSORS} tensors`);
      return;
    }
    const className = moduleClass(value);
    if (className !== undefined) this.modules.push({ path, className, value });
    if (className !== undefined && this.#whole.has(className)) return;
    const isPlain = !isRecord(value) || isPlainContainer(value);
    if (className === undefined && path !== '')
      this.#addValue({ path, container, className: classNameOf(value), isPlain });
    if (!isRecord(value) || this.#seen.has(value) || depth >= MAX_DEPTH) return;
    this.#seen.add(value);
    this.#pending.push({ record: value, path, depth: depth + 1 });
  }

  #addValue(value: FileValue): void {
    if (this.values.length < MAX_VALUES) this.values.push(value);
  }

  #open({ record, path, depth }: Place): void {
    const join = (key: string): string => (path === '' ? key : `${path}.${key}`);
    if (record.tag === 'list' || record.tag === 'tuple') {
      // Lists of numbers hold nothing to find, and may be long.
      for (const [index, item] of record.items.entries())
        if (isRecord(item)) this.#visit(item, join(`${index}`), path, depth);
    } else if (record.tag === 'dict' || record.tag === 'call') {
      const entries = stringEntries(record)!;
      if (entries.size > 0) this.dictionaries.set(path, entries);
      const foreign = record.entries.find(([key]) => typeof key !== 'string' && typeof key !== 'number');
      if (foreign) this.foreignKeys.set(path, classNameOf(foreign[0]));
      // Of equal keys the last counts.
      for (const [key, item] of entries) this.#visit(item, join(key), path, depth);
      for (const [key, item] of record.entries) {
        if (typeof key === 'number' && isRecord(item)) this.#visit(item, join(`${key}`), path, depth);
      }
      for (const [key, child] of listChildModules(record)) this.#visit(child, join(key), path, depth);
    }
  }

  #readTensor(value: PickleRecord): TensorData | FormatError | undefined {
    try {
      const record = interpretTensor(value, this.#file.storages);
      if (!record) return findOtherKind(value) ?? interpretArray(value);
      const { shape, dtype } = record;
      const { readTensor, readTensorBlocks, findHalves } = this.#file;
      const readHalves = findHalves?.(record);
      return {
        shape,
        dtype,
        read: () => readTensor(record),
        readBlocks: () => readTensorBlocks(record),
        ...(readHalves && { readHalves }),
      };
    } catch (error) {
      // What cannot be read as numbers matters only to who needs it.
      if (error instanceof FormatError && /^E_(TENSOR|NPY)_DTYPE$/.test(error.code)) return error;
      throw error;
    }
  }
}

/** Tensors that are no window upon plain numbers: an error that says so. */
function findOtherKind(value: PickleRecord): FormatError | undefined {
  const name = classNameOf(value);
  if (!OTHER_KINDS.test(name)) return undefined;
  return new FormatError(
    'E_TENSOR_DTYPE',
    `findTensors: a tensor made by ${formatName(name)} cannot be read as float32: quantised, sparse and nested tensors ` +
      `cannot, nor those without numbers of their own. Convert it in PyTorch first.`,
  );
}

const OTHER_KINDS =
  /^torch\._utils\._rebuild_(qtensor|(sparse|nested|meta)_\w+|sparse_csr_tensor|device_tensor_\w+|wrapper_subclass)$/;

/** Numbers and text, and containers, which are looked into. */
function isPlainContainer(record: PickleRecord): boolean {
  if (record.tag !== 'call') return record.tag !== 'global' && record.tag !== 'persistent';
  return classNameOf(record) === 'collections.OrderedDict';
}

/** The modules within a module. */
function listChildModules(record: PickleRecord): [string, PickleValue][] {
  if (record.tag !== 'call' || moduleClass(record) === undefined) return [];
  return [...(stringEntries(stringEntries(record.state)?.get('_modules')) ?? [])];
}

export function nameErrors<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof FormatError ? nameError(path, error) : error;
  }
}

/** An error that says which tensor it is about. */
export function nameError(path: string, error: FormatError): FormatError {
  if (path === '') return error;
  return new FormatError(error.code, `${JSON.stringify(formatName(path))}: ${error.message}`, { cause: error });
}

function limitError(what: string): FormatError {
  return new FormatError(
    'E_PICKLE_LIMIT',
    `findTensors: the file holds ${what}. No net comes near that: it is damaged, or made to ` + `exhaust memory.`,
  );
}
