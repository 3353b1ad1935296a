/**
 * The hostile corpus: files that attack whoever opens them, made when asked for, each with the code it must be refused
 * with. Sources: the advisories against pickle scanners and loaders, zip bombs, and our own reading of the formats.
 */
import { call, global, join, pickle, tensor, text, tuple, uint32, uint64 } from './pickle-assembler.ts';
import { moduleAttacks } from './module-attacks.ts';
import { programAttacks } from './program-attacks.ts';
import { numpyAttacks } from './numpy-attacks.ts';
import { discreteVaeAttacks } from './discrete-vae-attacks.ts';
import { safetensorsAttacks } from './safetensors-attacks.ts';
import { storageAttacks } from './storage-attacks.ts';
import { tensorAttacks } from './tensor-attacks.ts';
import { LEGACY_MAGIC, legacyStart, torchZip } from './torch-assembler.ts';
import { tokenizerAttacks } from './tokenizer-attacks.ts';
import { vqganAttacks } from './vqgan-attacks.ts';
import { zipAttacks } from './zip-attacks.ts';

export interface Attack {
  readonly name: string;
  readonly code: string;
  readonly make: () => Uint8Array;
}

const shout = text('echo dalle-gl-was-here > /tmp/dalle-gl-was-here');

/** Pickles that want to run code; exit code 3. */
const executions: Readonly<Record<string, () => Uint8Array>> = {
  'os.system by REDUCE': () => torchZip(pickle(call(global('os', 'system'), shout))),
  'posix.system by REDUCE': () => torchZip(pickle(call(global('posix', 'system'), shout))),
  'subprocess.Popen': () => torchZip(pickle(call(global('subprocess', 'Popen'), shout))),
  'eval under its Python 2 name': () => torchZip(pickle(call(global('__builtin__', 'eval'), shout))),
  'builtins.getattr': () => torchZip(pickle(call(global('builtins', 'getattr'), text('a'), text('b')))),
  'by INST': () => torchZip(pickle('(', shout, 'ios\nsystem\n')),
  'by OBJ': () => torchZip(pickle('(', global('os', 'system'), shout, 'o')),
  'by NEWOBJ': () => torchZip(pickle(global('subprocess', 'Popen'), tuple(shout), '\x81')),
  'by STACK_GLOBAL': () => torchZip(pickle(call(join('\x8c\x02os\x8c\x06system\x93'), shout))),
  'by a dotted name of another module': () =>
    torchZip(pickle(call(join('\x8c\x05torch\x8c\x17serialization.os.system\x93'), shout))),
  'named and never called': () => torchZip(pickle(global('os', 'system'), '0N')),
  'as a key of a state dict': () =>
    torchZip(pickle('}(', global('os', 'system'), tensor('0', 1, [1], [1]), 'u'), { 0: 1 }),
  'before the stream breaks': () => torchZip(pickle(call(global('os', 'system'), shout), '0\xff')),
  'before the stream ends': () => torchZip(join('\x80\x02', call(global('os', 'system'), shout))),
  'in a bare pickle': () => pickle(call(global('os', 'system'), shout)),
  'in a bare pickle of protocol 0': () => join('cos\nsystem\n(S', "'id'\ntR."),
  'in the root of a legacy file': () => join(legacyStart(), pickle(call(global('os', 'system'), shout))),
  'as the class of a module whose source comes with it': () =>
    join(legacyStart(), pickle(tuple(text('module'), global('os', 'system'), text('a.py'), text('import os')), 'Q')),
  'in the list of storages of a legacy file': () =>
    join(legacyStart(), pickle('}'), pickle(call(global('os', 'system'), shout))),
  'in the facts of a legacy file': () =>
    join(LEGACY_MAGIC, pickle('M\xe9\x03'), pickle(call(global('nt', 'system'), shout))),
};

/** One long text in the memo, named over and over. */
function manyNames(name: string, count: number): Uint8Array {
  return torchZip(pickle(text('t'), 'q\0', text(name), 'q\x01', '](', 'h\0h\x01\x93'.repeat(count), 'e'));
}

/** A place so deep that the way to it, written out, has 57 million characters. */
function deepNames(): Uint8Array {
  const levels = 1900;
  const inward = '}h\0'.repeat(levels);
  return torchZip(pickle(text('k'.repeat(30_000)), 'q\0', '0', inward, global('evil', 'Thing'), 's'.repeat(levels)));
}

/** Attacks on the pickle machine, one code each. */
const pickles: readonly [code: string, name: string, make: () => Uint8Array][] = [
  ['E_PICKLE_UNKNOWN_CALL', 'a class nobody knows', () => torchZip(pickle(call(global('evil', 'Thing'))))],
  ['E_PICKLE_OPCODE', 'EXT1', () => torchZip(pickle('\x82\x01'))],
  ['E_PICKLE_OPCODE', 'NEXT_BUFFER', () => torchZip(pickle('\x97'))],
  ['E_PICKLE_OPCODE', 'protocol 200', () => torchZip(join('\x80\xc8N.'))],
  ['E_PICKLE_UNDERFLOW', 'POP of nothing', () => torchZip(pickle('0'))],
  ['E_PICKLE_UNDERFLOW', 'STOP of nothing', () => torchZip(pickle())],
  ['E_PICKLE_UNDERFLOW', 'TUPLE without a mark', () => torchZip(pickle('Nt'))],
  ['E_PICKLE_UNDERFLOW', 'reaching below a mark', () => torchZip(pickle('NN(\x86'))],
  ['E_PICKLE_MEMO', 'a memo entry never stored', () => torchZip(pickle('h\x07'))],
  ['E_PICKLE_MEMO', 'a negative memo index', () => torchZip(pickle('Np-1\n'))],
  ['E_PICKLE_LIMIT', 'a memo index of four billion', () => torchZip(pickle('Nr', uint32(0xffffffff)))],
  ['E_PICKLE_LIMIT', 'bytes of length -5 (unsigned: four billion)', () => torchZip(pickle('B', uint32(-5)))],
  ['E_PICKLE_LIMIT', 'text of 2^64 - 1 bytes', () => torchZip(pickle('\x8d', uint64(-1n)))],
  ['E_PICKLE_LIMIT', 'an integer of 2^31 bytes', () => torchZip(pickle('\x8b', uint32(2 ** 31)))],
  ['E_PICKLE_LIMIT', 'an integer of 100,000 digits', () => torchZip(pickle(`L${'9'.repeat(100_000)}L\n`))],
  ['E_PICKLE_TRUNCATED', 'text longer than the file', () => torchZip(pickle('X', uint32(1000)))],
  ['E_PICKLE_TRUNCATED', 'a frame longer than the file', () => torchZip(pickle('\x95', uint64(2n ** 62n)))],
  ['E_PICKLE_TRUNCATED', 'no STOP', () => torchZip(join('\x80\x02N'))],
  ['E_PICKLE_TRAILING', 'a second pickle behind the first', () => torchZip(join(pickle('N'), pickle('N')))],
  ['E_PICKLE_LIMIT', '200,000 tuples within each other', () => torchZip(pickle('N', '\x85'.repeat(200_000)))],
  [
    'E_PICKLE_LIMIT',
    '200,000 lists within each other',
    () => torchZip(pickle(']'.repeat(200_000), 'a'.repeat(199_999))),
  ],
  ['E_PICKLE_LIMIT', 'two million values on the stack', () => torchZip(pickle('N'.repeat(2_000_000)))],
  ['E_ARCHITECTURE', 'dicts within each other under names of 30 kB', deepNames],
  ['E_PICKLE_LIMIT', 'six thousand names of thirty thousand dots', () => manyNames('.'.repeat(30_000), 6000)],
  ['E_PICKLE_LIMIT', 'four thousand names of 40 kB', () => manyNames('a'.repeat(40_000), 4000)],
  ['E_PICKLE_LIMIT', 'a memo index of half a million digits', () => torchZip(pickle(`Np${'0'.repeat(500_000)}1\n`))],
  ['E_PICKLE_LIMIT', 'a dict of a million and one entries', () => torchZip(pickle('}', 'NNs'.repeat(1_000_001)))],
  ['E_PICKLE_LIMIT', 'a text of 16 MB and a byte', () => torchZip(pickle(text('a'.repeat(2 ** 24 + 1))))],
  ['E_PICKLE_LIMIT', 'a pickle of 64 MB and more', () => torchZip(new Uint8Array(2 ** 26 + 1))],
  ['E_PICKLE_LIMIT', 'six million opcodes', () => torchZip(pickle('N0'.repeat(3_000_000), 'N'))],
  ['E_ARCHITECTURE', 'memo doubling to 2^60 items', () => torchZip(pickle('N', 'q\x00h\x00\x86'.repeat(60)))],
  ['E_ARCHITECTURE', 'a list that holds itself', () => torchZip(pickle(']q\x00h\x00a'))],
  ['E_ARCHITECTURE', 'a dict that holds itself', () => torchZip(pickle('}q\x00', text('a'), 'h\x00s'))],
  ['E_PICKLE_TYPE', 'APPEND to a number', () => torchZip(pickle('K\x01Na'))],
  ['E_PICKLE_TYPE', 'SETITEM on a tuple', () => torchZip(pickle(')NNs'))],
  ['E_PICKLE_TYPE', 'a key without a value', () => torchZip(pickle('}(Nu'))],
  ['E_PICKLE_TYPE', 'BUILD on a list', () => torchZip(pickle(']Nb'))],
  ['E_PICKLE_TYPE', 'a name made of numbers', () => torchZip(pickle('K\x01K\x02\x93'))],
  ['E_PICKLE_TYPE', 'a call without a tuple', () => torchZip(pickle(global('collections', 'OrderedDict'), 'NR'))],
  ['E_PICKLE_VALUE', 'text that is not UTF-8', () => torchZip(pickle('X', uint32(1), '\xff'))],
  ['E_PICKLE_VALUE', 'a number that is none', () => torchZip(pickle('I0x1g\n'))],
  ['E_PICKLE_VALUE', 'a number too large for a float', () => torchZip(pickle('F1e400\n'))],
  ['E_PICKLE_VALUE', 'an escape of one digit', () => torchZip(pickle("S'\\x1'\n"))],
  ['E_PICKLE_VALUE', 'a backslash at the end of a text', () => torchZip(pickle("S'a\\'\n"))],
  ['E_PICKLE_VALUE', 'an escape of three digits', () => torchZip(pickle('V\\u123\n'))],
  ['E_PICKLE_VALUE', 'a character beyond Unicode', () => torchZip(pickle('V\\U00110000\n'))],
];

export const attacks: readonly Attack[] = [
  ...Object.entries(executions).map(([name, make]) => ({ name, code: 'E_PICKLE_EXEC_ATTEMPT', make })),
  ...[
    ...pickles,
    ...moduleAttacks,
    ...tensorAttacks,
    ...storageAttacks,
    ...safetensorsAttacks,
    ...numpyAttacks,
    ...programAttacks,
    ...vqganAttacks,
    ...discreteVaeAttacks,
    ...tokenizerAttacks,
  ].map(([code, name, make]) => ({ name, code, make })),
  ...zipAttacks(pickle('N')),
];
