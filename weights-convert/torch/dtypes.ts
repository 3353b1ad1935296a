/**
 * The element types of torch tensors, by the names pickles use for them: storage classes (typed, torch's own form) and
 * `torch.float32`-like dtypes (which `_rebuild_tensor_v3` states beside an untyped storage).
 */
import type { Dtype } from '../../nets/weights.ts';

/** Bytes of one element. */
export const DTYPE_BYTES: Readonly<Record<Dtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** Storage class → its element type; null for an untyped storage, whose element is a byte. */
export const STORAGE_DTYPES: ReadonlyMap<string, Dtype | null> = new Map<string, Dtype | null>([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
  ['torch.storage.UntypedStorage', null],
]);

/** dtype object → element type. */
export const TORCH_DTYPES: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['torch.float64', 'F64'],
  ['torch.float32', 'F32'],
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.int64', 'I64'],
  ['torch.int32', 'I32'],
  ['torch.int16', 'I16'],
  ['torch.int8', 'I8'],
  ['torch.uint8', 'U8'],
  ['torch.bool', 'BOOL'],
]);
