/**
 * A tensor as a pickle of torch's zip container has it: a call that rebuilds it from a storage of its own, contiguous.
 * The opposite of tensor-record.ts.
 */
import { call, globalOf, orderedDict, tuple } from '../pickle/build-records.ts';
import type { CallRecord } from '../pickle/records.ts';
import { countElements } from './tensor-record.ts';

/** The element types that dalle-gl writes. */
export type WrittenDtype = 'F32' | 'F16';

const STORAGE_CLASS: Readonly<Record<WrittenDtype, string>> = { F32: 'torch.FloatStorage', F16: 'torch.HalfStorage' };

/**
 * The call that rebuilds a tensor.
 *
 * @param key the storage's name: of the entry `data/<key>`
 */
export function buildTensor(key: string, shape: readonly number[], dtype: WrittenDtype): CallRecord {
  const strides = shape.map((_, axis) => countElements(shape.slice(axis + 1)));
  const id = tuple(['storage', globalOf(STORAGE_CLASS[dtype]), key, 'cpu', countElements(shape)]);
  return call('reduce', 'torch._utils._rebuild_tensor_v2', [
    { tag: 'persistent', id },
    0,
    tuple(shape),
    tuple(strides),
    false,
    orderedDict([]),
  ]);
}
