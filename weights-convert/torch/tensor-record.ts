/**
 * A tensor as a pickle describes it: a window of offset, shape and strides upon a storage. This file reads the calls
 * that rebuild tensors, and checks their geometry before anyone allocates for it.
 *
 * Follows torch/_utils.py: `_rebuild_tensor(storage, offset, size, stride)`, `_v2` with more arguments behind, `_v3`
 * with a dtype, `_rebuild_parameter` and `_rebuild_from_type_v2` around them. Offsets and strides count elements.
 */
import { FormatError } from '../../base/errors.ts';
import {
  globalName,
  isRecord,
  sequenceItems,
  type CallRecord,
  type PickleValue,
  type TupleRecord,
} from '../pickle/records.ts';
import { TORCH_DTYPES } from './dtypes.ts';
import type { Dtype } from '../../nets/weights.ts';
import type { StorageReference, StorageTable } from './storage.ts';

export interface TensorRecord {
  readonly storage: StorageReference;
  readonly dtype: Dtype;
  /** Index of the first element in the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

const MAX_RANK = 8;
const MAX_ELEMENTS = 2 ** 31;
/** Parameter around subclass around tensor: torch nests no deeper. */
const MAX_WRAPPERS = 8;

/** Number of elements of a shape. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Reads a value as a tensor.
 *
 * @returns undefined if the value is something other than a tensor
 * @throws FormatError `E_TENSOR_GEOMETRY`, `E_TENSOR_DTYPE`, `E_TENSOR_STORAGE` for a tensor that cannot be
 */
export function interpretTensor(value: PickleValue, storages: StorageTable): TensorRecord | undefined {
  const call = unwrapTensor(value);
  if (!call) return undefined;
  const name = globalName(call.callee)!;
  const args = sequenceItems(call.args)!;
  const isUntyped = name.endsWith('_v3');
  if (args.length < (isUntyped ? 7 : 4)) throw geometryError(`${name} has ${args.length} arguments`);
  const dtype = isUntyped ? TORCH_DTYPES.get(globalName(args[6]) ?? '') : null;
  if (dtype === undefined) {
    throw new FormatError(
      'E_TENSOR_DTYPE',
      `interpretTensor: ${globalName(args[6]) ?? 'what is no dtype'} cannot be read ` +
        `as float32. dalle-gl reads floats of 16 to 64 bits, integers and booleans; convert the tensor in PyTorch first.`,
    );
  }
  const storage = storages.resolve(args[0]!, dtype);
  const record = {
    storage,
    dtype: storage.dtype,
    offset: readSize(args[1]!, 'offset'),
    shape: readSizes(args[2]!, 'size'),
    stride: readSizes(args[3]!, 'stride'),
  };
  checkGeometry(record);
  return record;
}

/** The innermost `_rebuild_tensor*` call below parameters and subclasses. */
function unwrapTensor(value: PickleValue): CallRecord | undefined {
  let current: PickleValue | undefined = value;
  for (let depth = 0; depth < MAX_WRAPPERS; depth++) {
    if (!isRecord(current) || current.tag !== 'call') return undefined;
    const args = sequenceItems(current.args);
    if (!args) return undefined;
    switch (globalName(current.callee)) {
      case 'torch._utils._rebuild_tensor':
      case 'torch._utils._rebuild_tensor_v2':
      case 'torch._utils._rebuild_tensor_v3':
        return current;
      case 'torch._utils._rebuild_parameter':
      case 'torch._utils._rebuild_parameter_with_state':
        current = args[0];
        break;
      case 'torch._tensor._rebuild_from_type_v2': {
        // (function, type, arguments, state): the call it stands for.
        const [callee, , inner] = args;
        if (callee === undefined || !isRecord(inner) || inner.tag !== 'tuple') return undefined;
        current = callOf(callee, inner);
        break;
      }
      default:
        return undefined;
    }
  }
  return undefined;
}

function callOf(callee: PickleValue, args: TupleRecord): CallRecord {
  return { tag: 'call', by: 'reduce', callee, args, items: [], entries: [], depth: args.depth + 1 };
}

/** Sizes and strides: a tuple, a list, or a `torch.Size` around one. */
function readSizes(value: PickleValue, what: string): number[] {
  const wrapped = isRecord(value) && value.tag === 'call' && globalName(value.callee) === 'torch.Size';
  const items = sequenceItems(wrapped ? sequenceItems(value.args)?.[0] : value);
  if (!items) throw geometryError(`its ${what} is no tuple`);
  if (items.length > MAX_RANK) throw geometryError(`it has ${items.length} dimensions`);
  return items.map((item) => readSize(item, what));
}

function readSize(value: PickleValue, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw geometryError(`its ${what} holds ${isRecord(value) ? `a ${value.tag}` : String(value).slice(0, 40)}`);
}

/** Every element must lie in the storage, and there must be a sane number of them. */
function checkGeometry({ storage, offset, shape, stride }: TensorRecord): void {
  const geometry = `shape [${shape.join(', ')}], strides [${stride.join(', ')}], offset ${offset}`;
  if (shape.length !== stride.length) throw geometryError(`${geometry}: different lengths`);
  const elements = countElements(shape);
  if (!(elements <= MAX_ELEMENTS)) throw geometryError(`${geometry}: ${elements} elements`);
  if (elements === 0) return;
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * stride[axis]!, offset);
  if (!(last < storage.elements)) {
    throw geometryError(`${geometry}: element ${last} of a storage of ${storage.elements}`);
  }
}

function geometryError(what: string): FormatError {
  return new FormatError(
    'E_TENSOR_GEOMETRY',
    `interpretTensor: a tensor cannot be as its file describes it: ${what}. The file is damaged, or made to read ` +
      `outside its data; fetch it again from its origin.`,
  );
}
