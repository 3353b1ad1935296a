/** Tensors as a reader of the inspection wants them: plain numbers, the bytes they take, and who shares a storage. */
import type { TensorSpan } from '../safetensors/read-safetensors.ts';
import { DTYPE_BYTES } from '../torch/dtypes.ts';
import { countElements, type TensorRecord } from '../torch/tensor-record.ts';
import { formatName } from './format-value.ts';
import type { InspectedTensor } from './inspection.ts';
import type { NamedTensor } from './list-contents.ts';

/** Names listed of the tensors that share a storage. */
const MAX_SHARING = 8;

/** Tensors that look into storages. */
export function describeTensors(tensors: readonly NamedTensor[]): InspectedTensor[] {
  const owners = new Map<TensorRecord['storage']['storage'], string[]>();
  for (const { name, tensor } of tensors) {
    const { storage } = tensor.storage;
    const names = owners.get(storage);
    if (!names) owners.set(storage, [name]);
    else if (names.length <= MAX_SHARING) names.push(name);
  }
  return tensors.map(({ name, tensor }) => {
    const others = owners.get(tensor.storage.storage)!.filter((other) => other !== name);
    return describeTensor(name, tensor, others.slice(0, MAX_SHARING));
  });
}

function describeTensor(name: string, tensor: TensorRecord, sharedWith: readonly string[]): InspectedTensor {
  const { storage, dtype, shape, stride } = tensor;
  const width = DTYPE_BYTES[dtype];
  const first = storage.start + tensor.offset * width;
  return {
    name: formatName(name),
    dtype,
    shape,
    stride,
    offset: first / width,
    storage: formatName(storage.storage.key),
    position: storage.storage.offset + first,
    bytes: countElements(shape) * width,
    sharedWith: sharedWith.map((other) => formatName(other)),
  };
}

/** An array of NumPy's, which has its storage to itself. */
export function describeArray(name: string, array: TensorRecord): InspectedTensor {
  return { ...describeTensor(name, array, []), storage: null };
}

/** A tensor of safetensors: row-major, and alone with its bytes. */
export function describeSpan(name: string, { dtype, shape, position, bytes }: TensorSpan): InspectedTensor {
  const stride = shape.map((_, axis) => countElements(shape.slice(axis + 1)));
  return { name: formatName(name), dtype, shape, stride, offset: 0, storage: null, position, bytes, sharedWith: [] };
}
