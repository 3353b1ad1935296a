/** Attacks through what stands around a tensor's numbers: storages, element types, the facts of legacy files. */
import { readFileSync } from 'node:fs';
import { call, dict, global, integer, join, pickle, text, tuple, type Piece } from './pickle-assembler.ts';
import { LEGACY_MAGIC, torchZip } from './torch-assembler.ts';

const floats = global('torch', 'FloatStorage');
const storage = (...id: readonly Piece[]): Uint8Array => join(tuple(...id), 'Q');
const four = storage(text('storage'), floats, text('0'), text('cpu'), integer(4));

/** A checkpoint with one tensor of four numbers, any part of which may be something else. */
function oneTensor(parts: { storage?: Uint8Array; shape?: Uint8Array; stride?: Piece; offset?: Piece }): Uint8Array {
  const { storage: place = four, shape = tuple(integer(4)), stride = tuple(integer(1)), offset = integer(0) } = parts;
  const rebuild = call(global('torch._utils', '_rebuild_tensor_v2'), place, offset, shape, stride, '\x89', '}');
  return torchZip(pickle(dict({ a: rebuild })), { 0: 4 });
}

function idOf(...items: readonly Piece[]): Uint8Array {
  return oneTensor({ storage: storage(...items) });
}

/** The tensor of a later torch, which states its type: another than its storage has. */
function contradiction(): Uint8Array {
  const geometry = [integer(0), tuple(integer(4)), tuple(integer(1)), '\x89', '}'];
  const half = global('torch', 'float16');
  return torchZip(pickle(dict({ a: call(global('torch._utils', '_rebuild_tensor_v3'), four, ...geometry, half) })), {
    0: 4,
  });
}

/** Parameters around parameters, five hundred of them. */
function wrappers(): Uint8Array {
  const parameter = global('torch._utils', '_rebuild_parameter');
  const inner = call(global('torch._utils', '_rebuild_tensor_v2'), four, integer(0), '))', '\x89', '}');
  const wrapped = join(...Array<Piece>(500).fill(join(parameter, '(')), inner, ...Array<Piece>(500).fill('\x89}tR'));
  return torchZip(pickle(dict({ a: wrapped })), { 0: 4 });
}

/** A legacy file that ends behind its third pickle. */
function legacyFacts(version: Piece, facts: Uint8Array): Uint8Array {
  return join(LEGACY_MAGIC, pickle(version), pickle(facts), pickle('}'), pickle(']'));
}

/** A whole encoder with one bit of one weight changed. */
function damagedWeight(): Uint8Array {
  const bytes = readFileSync(new URL('../golden/hidden-4/encoder.zip.channels-last.pkl', import.meta.url));
  const at = bytes.indexOf('/data/0') + 300;
  bytes[at]! ^= 1;
  return bytes;
}

export const storageAttacks: readonly [code: string, name: string, make: () => Uint8Array][] = [
  [
    'E_TENSOR_GEOMETRY',
    'a stride of one and a half',
    () => oneTensor({ stride: join('(G\x3f\xf8', '\0'.repeat(6), 't') }),
  ],
  ['E_TENSOR_GEOMETRY', 'a size of True', () => oneTensor({ shape: tuple('\x88') })],
  ['E_TENSOR_GEOMETRY', 'a size of text', () => oneTensor({ shape: tuple(text('4')) })],
  ['E_TENSOR_GEOMETRY', 'a size of 2^70', () => oneTensor({ shape: tuple('\x8a\x09\0\0\0\0\0\0\0\0\x40') })],
  ['E_TENSOR_GEOMETRY', 'a shape that is a number', () => oneTensor({ shape: integer(4) })],
  ['E_TENSOR_GEOMETRY', 'an offset of None', () => oneTensor({ offset: 'N' })],
  ['E_TENSOR_STORAGE', 'minus one elements', () => idOf(text('storage'), floats, text('0'), text('cpu'), integer(-1))],
  ['E_TENSOR_STORAGE', 'an id of four', () => idOf(text('storage'), floats, text('0'), text('cpu'))],
  [
    'E_TENSOR_STORAGE',
    'an id of seven',
    () => idOf(text('storage'), floats, text('0'), text('cpu'), integer(4), 'N', 'N'),
  ],
  ['E_TENSOR_STORAGE', 'a key that is a number', () => idOf(text('storage'), floats, 'K\0', text('cpu'), integer(4))],
  ['E_TENSOR_STORAGE', 'a key that climbs', () => idOf(text('storage'), floats, text('../0'), text('cpu'), integer(4))],
  [
    'E_TENSOR_STORAGE',
    'a reference to a module',
    () => idOf(text('module'), floats, text('0'), text('cpu'), integer(4)),
  ],
  ['E_TENSOR_STORAGE', 'a reference to nothing', () => oneTensor({ storage: join('NQ') })],
  ['E_TENSOR_STORAGE', 'a number in place of a storage', () => oneTensor({ storage: integer(4) })],
  ['E_TENSOR_STORAGE', 'another type than its storage has', contradiction],
  [
    'E_TENSOR_DTYPE',
    'a class that is no storage',
    () => idOf(text('storage'), global('torch', 'Size'), text('0'), text('cpu'), integer(4)),
  ],
  [
    'E_TENSOR_DTYPE',
    'complex numbers',
    () => idOf(text('storage'), global('torch', 'ComplexFloatStorage'), text('0'), text('cpu'), integer(2)),
  ],
  [
    'E_TENSOR_DTYPE',
    'quantised numbers',
    () => idOf(text('storage'), global('torch', 'QUInt8Storage'), text('0'), text('cpu'), integer(16)),
  ],
  ['E_ARCHITECTURE', 'five hundred parameters around one tensor', wrappers],
  ['E_FORMAT_UNKNOWN', 'legacy: another version', () => legacyFacts('K\x01', dict({ little_endian: '\x88' }))],
  [
    'E_FORMAT_UNKNOWN',
    'legacy: a byte order of text',
    () => legacyFacts('M\xe9\x03', dict({ little_endian: text('no') })),
  ],
  ['E_FORMAT_UNKNOWN', 'legacy: facts that are none', () => legacyFacts('M\xe9\x03', join(']'))],
  ['E_ZIP_CRC', 'one bit of one weight', damagedWeight],
];
