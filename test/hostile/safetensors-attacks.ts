/**
 * Attacks on the safetensors header, on the index of a sharded checkpoint and on tokenizer files: sizes that lie,
 * tensors that overlap or leave holes, names twice, names that are JavaScript's own.
 */
import { join, uint64 } from './pickle-assembler.ts';

/** A file with this header text and so many bytes of data. */
export function safetensors(header: string | Uint8Array, data = 0, announced?: bigint): Uint8Array {
  const text = Buffer.from(header as string);
  return join(uint64(announced ?? BigInt(text.length)), text, new Uint8Array(data));
}

const entry = (shape: string, begin: number, end: number, dtype = 'F32'): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
const one = (shape: string, begin: number, end: number, data: number, dtype?: string): Uint8Array =>
  safetensors(`{"a":${entry(shape, begin, end, dtype)}}`, data);
const many = (value: string): string => Array.from({ length: 100_001 }, (_, i) => `"${i}":${value}`).join();
const index = (map: string): Uint8Array => Buffer.from(`{"weight_map":{${map}}}`);

export const safetensorsAttacks: readonly [code: string, name: string, make: () => Uint8Array][] = [
  ['E_FORMAT_UNKNOWN', 'a header beyond the file', () => safetensors('{}', 0, 99n)],
  ['E_FORMAT_UNKNOWN', 'a header of 2^64 - 1 bytes', () => safetensors('{}', 0, -1n)],
  ['E_FORMAT_UNKNOWN', 'a header of 100 MB in 100 bytes', () => safetensors('{}'.padEnd(92), 0, 100_000_000n)],
  ['E_ST_HEADER', 'a header that is not UTF-8', () => safetensors(Uint8Array.of(0x7b, 0xff, 0x7d))],
  ['E_ST_JSON', 'a header that does not close', () => safetensors('{ ')],
  ['E_ST_JSON', 'text behind the header', () => safetensors('{}x')],
  ['E_ST_JSON', 'brackets within brackets', () => safetensors(`{"a":${'['.repeat(100_000)}`)],
  ['E_ST_JSON', 'braces within braces', () => safetensors('{"a":'.repeat(100_000))],
  ['E_ST_JSON', 'a shape of text', () => one('"abc"', 0, 0, 0)],
  ['E_ST_JSON', 'a fraction of an element', () => one('[1.5]', 0, 6, 6)],
  ['E_ST_JSON', 'a size of 1e400', () => one('[1e400]', 0, 4, 4)],
  ['E_ST_JSON', 'a negative size', () => one('[-1]', 0, 4, 4)],
  ['E_ST_JSON', 'an offset that rounds', () => one('[0]', 0, 2 ** 53 + 2, 0)],
  ['E_ST_JSON', 'a million dimensions', () => one(`[${'1,'.repeat(1_000_000)}1]`, 0, 4, 4)],
  ['E_ST_JSON', 'metadata that is no text', () => safetensors('{"__metadata__":{"a":{}}}')],
  ['E_ST_JSON', 'an unknown field', () => safetensors('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}')],
  ['E_ST_DUPLICATE', 'a name twice', () => safetensors(`{"a":${entry('[0]', 0, 0)},"a":${entry('[0]', 0, 0)}}`)],
  [
    'E_ST_DUPLICATE',
    'a name twice, spelled otherwise',
    () => safetensors(`{"a":${entry('[0]', 0, 0)},"\\u0061":${entry('[0]', 0, 0)}}`),
  ],
  ['E_ST_LIMIT', 'a hundred thousand tensors and one', () => safetensors(`{${many(`${entry('[0]', 0, 0)}`)}}`)],
  ['E_ST_LIMIT', 'a hundred thousand notes and one', () => safetensors(`{"__metadata__":{${many('""')}}}`)],
  ['E_ST_LIMIT', 'a name of a million letters', () => safetensors(`{"${'a'.repeat(1e6)}":${entry('[0]', 0, 0)}}`)],
  ['E_ST_LIMIT', 'index: a hundred thousand tensors and one', () => index(many('"a"'))],
  ['E_ST_LIMIT', 'index: a name of a million letters', () => index(`"${'a'.repeat(1e6)}":"a"`)],
  ['E_ST_OFFSETS', 'another size than shape and type say', () => one('[2]', 0, 4, 4)],
  ['E_ST_OFFSETS', 'a shape beyond all numbers', () => one('[4294967296,4294967296]', 0, 0, 0)],
  ['E_ST_OFFSETS', 'an enormous shape of no bytes', () => one('[9007199254740991,1048576]', 0, 0, 0)],
  ['E_ST_COVERAGE', 'an end before its beginning', () => one('[0]', 4, 0, 4)],
  ['E_ST_COVERAGE', 'a hole', () => one('[1]', 4, 8, 8)],
  ['E_ST_COVERAGE', 'bytes behind the last tensor', () => one('[1]', 0, 4, 5)],
  ['E_ST_COVERAGE', 'data cut short', () => one('[1]', 0, 4, 3)],
  [
    'E_ST_COVERAGE',
    'two tensors on the same bytes',
    () => safetensors(`{"a":${entry('[1]', 0, 4)},"b":${entry('[1]', 0, 4)}}`, 4),
  ],
  ['E_TENSOR_DTYPE', 'a type that JavaScript has', () => one('[1]', 0, 1, 1, 'toString')],
  [
    'E_ARCHITECTURE',
    'tensors called __proto__ and constructor',
    () => safetensors(`{"__proto__":${entry('[1]', 0, 4)},"constructor":${entry('[1]', 4, 8)}}`, 8),
  ],
  ['E_ST_SHARD', 'index: a shard elsewhere', () => index('"a":"../../etc/passwd"')],
  ['E_ST_SHARD', 'index: an absolute path', () => index('"a":"/etc/passwd"')],
  ['E_ST_SHARD', 'index: no shards', () => index('')],
  [
    'E_ST_SHARD',
    'index: a hundred thousand shards',
    () => index(Array.from({ length: 100_000 }, (_, shard) => `"${shard}":"${shard}"`).join()),
  ],
  ['E_ST_DUPLICATE', 'index: a tensor in two shards', () => index('"a":"x","a":"y"')],
  ['E_ST_JSON', 'index: braces within braces', () => Buffer.from('{"weight_map":'.repeat(100_000))],
  [
    'E_FORMAT_UNKNOWN',
    'tokenizer: 16 MB of brackets',
    () => Buffer.from(`{"model":{},"a":${'['.repeat(2 ** 24 - 20)}`),
  ],
  ['E_FORMAT_UNKNOWN', 'tokenizer: a model by way of __proto__', () => Buffer.from('{"__proto__":{"model":{}}}')],
  ['E_FORMAT_UNKNOWN', 'tokenizer: not UTF-8', () => join('{"model":{"a":"\xff"}}')],
];
