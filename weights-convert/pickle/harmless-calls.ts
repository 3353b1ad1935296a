/**
 * Functions and classes that a pickle may call without anybody being surprised: what they do is known, and it is to make
 * a value. Everything else that is called is a call that nobody here knows (called-names.ts).
 *
 * A function that calls what it is given is not harmless by itself: called-names.ts looks at its arguments too.
 */

/** Module → the names in it. */
const HARMLESS_CALLS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    builtins: 'bytearray bytes complex dict float frozenset int list object range set slice str tuple',
    collections: 'Counter OrderedDict defaultdict deque',
    copyreg: '__newobj__ __newobj_ex__ _reconstructor',
    _codecs: 'encode',
    torch: 'Size Tensor device',
    'torch.jit._pickle':
      'build_boollist build_doublelist build_intlist build_tensor_from_id build_tensorlist restore_type_tag',
    'torch.nn.parameter': 'Buffer Parameter UninitializedBuffer UninitializedParameter',
    'torch._tensor': '_rebuild_from_type_v2',
    'torch._utils':
      '_rebuild_device_tensor_from_numpy _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_parameter ' +
      '_rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_csr_tensor _rebuild_sparse_tensor ' +
      '_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_wrapper_subclass',
  }).map(([module, names]) => [module, new Set(names.split(' '))]),
);

/** True for a call that only makes a value. Names in Python 3's spelling. */
export function isHarmlessCall(module: string, name: string): boolean {
  return HARMLESS_CALLS.get(module)?.has(name) ?? false;
}
