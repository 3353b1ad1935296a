/**
 * The tensors in the data of a TorchScript archive: an object is an instance of a class whose name begins `__torch__.`,
 * and its parameters, buffers and modules are plain attributes of it. Classes are names, and the program that defines
 * them is never read: names joined with dots are those of the state dict.
 */
import { FormatError } from '../../base/errors.ts';
import { isRecord, stringEntries, type CallRecord, type PickleValue } from '../pickle/records.ts';
import { interpretTensor } from '../torch/tensor-record.ts';
import type { FileContents, FileTensor } from './file-tensors.ts';
import { nameErrors, type ReadableFile } from './find-tensors.ts';

/** No net comes near these. */
const MAX_OBJECTS = 10_000;
const MAX_TENSORS = 100_000;
const MAX_PATH = 1_000;

/** Whether a value is an instance of a class of some TorchScript program. */
export function isProgramObject(value: PickleValue | undefined): value is CallRecord {
  if (!isRecord(value) || value.tag !== 'call' || value.by !== 'newobj') return false;
  const { callee } = value;
  return isRecord(callee) && callee.tag === 'global' && callee.module.startsWith('__torch__.');
}

/**
 * All tensors of the objects, in one dictionary. Its `dictionaries` have the class of each module by the way to it,
 * without what makes it unique: `transformer.resblocks.0.mlp.gelu` is a `QuickGELU`.
 *
 * @throws FormatError as `findTensors`
 */
export function findProgramTensors(file: ReadableFile): FileContents {
  const tensors: FileTensor[] = [];
  const classes = new Map<string, PickleValue>();
  const seen = new Set<PickleValue>();
  const pending: { readonly path: string; readonly object: CallRecord }[] = [];
  const visit = (path: string, value: PickleValue): void => {
    if (!isRecord(value) || value.tag !== 'call') return;
    if (path.length > MAX_PATH) throw limitError(`a name of ${path.length} characters`);
    if (isProgramObject(value)) {
      if (seen.has(value)) return;
      seen.add(value);
      pending.push({ path, object: value });
      classes.set(path, (value.callee as { readonly name: string }).name);
      if (seen.size > MAX_OBJECTS) throw limitError(`more than ${MAX_OBJECTS} objects`);
      return;
    }
    const data = nameErrors(path, () => readTensor(file, value));
    if (data && tensors.push({ path, container: '', data, isArray: false }) > MAX_TENSORS) {
      throw limitError(`more than ${MAX_TENSORS} tensors`);
    }
  };
  visit('', file.root);
  for (let next = 0; next < pending.length; next++) {
    const { path, object } = pending[next]!;
    for (const [name, value] of stringEntries(object.state) ?? []) visit(path === '' ? name : `${path}.${name}`, value);
  }
  return { tensors, values: [], modules: [], foreignKeys: new Map(), dictionaries: new Map([['', classes]]) };
}

function readTensor(file: ReadableFile, value: CallRecord): FileTensor['data'] | undefined {
  try {
    const record = interpretTensor(value, file.storages);
    if (!record) return undefined;
    const { shape, dtype } = record;
    return { shape, dtype, read: () => file.readTensor(record), readBlocks: () => file.readTensorBlocks(record) };
  } catch (error) {
    // What cannot be read as numbers matters only to who needs it.
    if (error instanceof FormatError && error.code === 'E_TENSOR_DTYPE') return error;
    throw error;
  }
}

function limitError(what: string): FormatError {
  return new FormatError(
    'E_PICKLE_LIMIT',
    `findProgramTensors: the file holds ${what}. No net comes near that: it is damaged, or made to exhaust memory.`,
  );
}
