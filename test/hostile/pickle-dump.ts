/** What `pickle.dump` makes of a tensor: a call that opens bytes, which are a file of torch's legacy container. */
import { call, global, integer, join, pickle, text, tuple, uint32, uint64, type Piece } from './pickle-assembler.ts';
import { legacyStart } from './torch-assembler.ts';

/** Bytes as protocol 3 has them. */
export function bytes(data: Uint8Array): Uint8Array {
  return join('B', uint32(data.length), data);
}

/** A storage of so many floats, all zero, as its own file. */
export function legacyStorage(floats: number): Uint8Array {
  const id = tuple(text('storage'), global('torch', 'FloatStorage'), text('94'), text('cpu'), integer(floats), 'N');
  const keys = pickle('](', text('94'), 'e');
  return join(legacyStart(), pickle(id, 'Q'), keys, uint64(BigInt(floats)), new Uint8Array(4 * floats));
}

/** A tensor of two numbers, around these bytes in place of its storage. */
export function dumpedTensor(storage: Piece): Uint8Array {
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    call(global('torch.storage', '_load_from_bytes'), storage),
    ...['K\x00', tuple('K\x02'), tuple('K\x01'), '\x89'],
    call(global('collections', 'OrderedDict')),
  );
}
