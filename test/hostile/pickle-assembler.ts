/**
 * Pickles by hand, opcode by opcode: what no pickler would write. Every function gives bytes; `pickle` joins them
 * behind a PROTO and before a STOP.
 */

export type Piece = Uint8Array | string;

/** Pieces in a row; characters of strings are bytes. */
export function join(...pieces: readonly Piece[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces.map((piece) => Buffer.from(piece as string, 'latin1'))));
}

export function pickle(...pieces: readonly Piece[]): Uint8Array {
  return join('\x80\x02', ...pieces, '.');
}

export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

export function uint64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

export function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  return join('X', uint32(bytes.length), bytes);
}

export function integer(value: number): Uint8Array {
  if (value === (value | 0)) return join('J', uint32(value));
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return join('\x8a\x08', bytes);
}

export function global(module: string, name: string): Uint8Array {
  return join(`c${module}\n${name}\n`);
}

export function tuple(...items: readonly Piece[]): Uint8Array {
  return join('(', ...items, 't');
}

/** REDUCE: a call. */
export function call(callee: Piece, ...args: readonly Piece[]): Uint8Array {
  return join(callee, tuple(...args), 'R');
}

export function dict(entries: Readonly<Record<string, Piece>>): Uint8Array {
  return join('}(', ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]), 'u');
}

/** A tensor over storage `key` of so many floats. */
export function tensor(
  key: string,
  elements: number,
  shape: readonly number[],
  stride: readonly number[],
  offset = 0,
): Uint8Array {
  const id = tuple(text('storage'), global('torch', 'FloatStorage'), text(key), text('cpu'), integer(elements));
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    join(id, 'Q'),
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...stride.map(integer)),
    '\x89',
    call(global('collections', 'OrderedDict')),
  );
}
