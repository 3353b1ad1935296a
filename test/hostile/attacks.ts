/**
 * The hostile corpus: files that attack whoever opens them, made when asked for, each with the code it must be refused
 * with. Sources: the advisories against pickle scanners and loaders, zip bombs, and our own reading of the formats.
 */
import { zipAttacks } from './zip-attacks.ts';
import { call, dict, global, integer, join, pickle, tensor, text, tuple, uint32, uint64 } from './pickle-assembler.ts';
import { assembleZip } from './zip-assembler.ts';

export interface Attack {
  readonly name: string;
  readonly code: string;
  readonly make: () => Uint8Array;
}

/** A zip checkpoint of this pickle and these storages, in floats. */
export function torchZip(data: Uint8Array, storages: Readonly<Record<string, number>> = {}): Uint8Array {
  return assembleZip([
    { name: 'x/data.pkl', data },
    ...Object.entries(storages).map(([key, floats]) => ({ name: `x/data/${key}`, data: new Uint8Array(4 * floats) })),
    { name: 'x/version', data: Buffer.from('3\n') },
  ]);
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
  'in the facts of a legacy file': () =>
    join(LEGACY_MAGIC, pickle('M\xe9\x03'), pickle(call(global('nt', 'system'), shout))),
};

const LEGACY_MAGIC = pickle('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19');

function legacyStart(): Uint8Array {
  return join(LEGACY_MAGIC, pickle('M\xe9\x03'), pickle(dict({ little_endian: '\x88' })));
}

/** A legacy file of one tensor, with its own say about the storage behind it. */
function legacyFile(tensorBytes: Uint8Array, keys: Uint8Array, count: bigint, data: number): Uint8Array {
  return join(legacyStart(), pickle(dict({ a: tensorBytes })), pickle(keys), uint64(count), new Uint8Array(data));
}

function oneTensor(shape: readonly number[], stride: readonly number[], offset = 0, floats = 4): Uint8Array {
  return torchZip(pickle(dict({ a: tensor('0', floats, shape, stride, offset) })), { 0: floats });
}

/** Attacks on the pickle machine, one code each. */
const pickles: readonly [code: string, name: string, make: () => Uint8Array][] = [
  ['E_PICKLE_UNKNOWN_GLOBAL', 'a class nobody knows', () => torchZip(pickle(call(global('evil', 'Thing'))))],
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
  ['E_PICKLE_LIMIT', 'six million opcodes', () => torchZip(pickle('N0'.repeat(3_000_000), 'N'))],
  ['E_ARCHITECTURE', 'memo doubling to 2^60 items', () => torchZip(pickle('N', 'q\x00h\x00\x86'.repeat(60)))],
  ['E_ARCHITECTURE', 'a list that holds itself', () => torchZip(pickle(']q\x00h\x00a'))],
  ['E_PICKLE_TYPE', 'APPEND to a number', () => torchZip(pickle('K\x01Na'))],
  ['E_PICKLE_TYPE', 'SETITEM on a tuple', () => torchZip(pickle(')NNs'))],
  ['E_PICKLE_TYPE', 'a key without a value', () => torchZip(pickle('}(Nu'))],
  ['E_PICKLE_TYPE', 'BUILD on a list', () => torchZip(pickle(']Nb'))],
  ['E_PICKLE_TYPE', 'a name made of numbers', () => torchZip(pickle('K\x01K\x02\x93'))],
  ['E_PICKLE_TYPE', 'a call without a tuple', () => torchZip(pickle(global('collections', 'OrderedDict'), 'NR'))],
  ['E_PICKLE_VALUE', 'text that is not UTF-8', () => torchZip(pickle('X', uint32(1), '\xff'))],
  ['E_PICKLE_VALUE', 'a number that is none', () => torchZip(pickle('I0x10\n'))],
];

/** Attacks through what a tensor says about itself. */
const tensors: readonly [code: string, name: string, make: () => Uint8Array][] = [
  ['E_TENSOR_GEOMETRY', 'reading past its storage', () => oneTensor([5], [1])],
  ['E_TENSOR_GEOMETRY', 'an offset past its storage', () => oneTensor([1], [1], 4)],
  ['E_TENSOR_GEOMETRY', 'a negative size', () => oneTensor([-1], [1])],
  ['E_TENSOR_GEOMETRY', 'a negative stride', () => oneTensor([2], [-1], 3)],
  ['E_TENSOR_GEOMETRY', 'a stride past its storage', () => oneTensor([2, 2], [2 ** 52, 1])],
  ['E_TENSOR_GEOMETRY', 'dimensions beyond all numbers', () => oneTensor(Array(8).fill(2 ** 52), Array(8).fill(0))],
  ['E_TENSOR_GEOMETRY', 'two billion times one number', () => oneTensor([2 ** 31, 2], [0, 0])],
  ['E_TENSOR_GEOMETRY', 'nine dimensions', () => oneTensor(Array(9).fill(1), Array(9).fill(1))],
  ['E_TENSOR_GEOMETRY', 'sizes and strides of different lengths', () => oneTensor([1, 1], [1])],
  [
    'E_TENSOR_STORAGE',
    'a storage that is not there',
    () => torchZip(pickle(dict({ a: tensor('9', 1, [1], [1]) })), { 0: 1 }),
  ],
  [
    'E_TENSOR_STORAGE',
    'a storage of another size',
    () => torchZip(pickle(dict({ a: tensor('0', 9, [9], [1]) })), { 0: 1 }),
  ],
  [
    'E_TENSOR_STORAGE',
    'a storage called __proto__',
    () => torchZip(pickle(dict({ a: tensor('__proto__', 1, [1], [1]) }))),
  ],
  ['E_TENSOR_BUDGET', 'one number expanded to 64 GB', expandEncoder],
  [
    'E_ARCHITECTURE',
    'tensors called __proto__ and constructor',
    () =>
      torchZip(
        pickle('}(', text('__proto__'), tensor('0', 1, [1], [1]), text('constructor'), tensor('0', 1, [1], [1]), 'u'),
        { 0: 1 },
      ),
  ],
  [
    'E_TENSOR_STORAGE',
    'legacy: another count than the pickle says',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a'), 5n, 16),
  ],
  [
    'E_TENSOR_STORAGE',
    'legacy: a count of -1',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a'), -1n, 16),
  ],
  [
    'E_TENSOR_STORAGE',
    'legacy: bytes behind the last storage',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a'), 4n, 17),
  ],
  [
    'E_TENSOR_STORAGE',
    'legacy: one key listed twice',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a', text('0'), 'a'), 4n, 16),
  ],
  [
    'E_PICKLE_TRUNCATED',
    'legacy: data cut',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a'), 4n, 15),
  ],
];

/** A state dict with the names of an encoder, each of whose tensors is one float seen 2^27 times. */
function expandEncoder(): Uint8Array {
  const names = ['blocks.input', 'blocks.output.conv'];
  for (const group of [1, 2, 3, 4]) {
    if (group > 1) names.push(`blocks.group_${group}.block_1.id_path`);
    for (const layer of [1, 2, 3, 4]) names.push(`blocks.group_${group}.block_1.res_path.conv_${layer}`);
  }
  const hidden = 1024;
  const expanded = (shape: readonly number[]): Uint8Array =>
    tensor(
      '0',
      1,
      shape,
      shape.map(() => 0),
    );
  const entries: Record<string, Uint8Array> = {};
  for (const name of names) {
    entries[`${name}.w`] = expanded(weightShape(name, hidden));
    entries[`${name}.b`] = expanded([weightShape(name, hidden)[0]!]);
  }
  return torchZip(pickle(dict(entries)), { 0: 1 });
}

function weightShape(name: string, hidden: number): number[] {
  if (name === 'blocks.input') return [hidden, 3, 7, 7];
  if (name === 'blocks.output.conv') return [8, 8 * hidden, 1, 1];
  const group = Number(/group_(\d)/.exec(name)![1]);
  const outputs = hidden * 2 ** (group - 1);
  const inputs = group === 1 ? hidden : outputs / 2;
  if (name.endsWith('id_path')) return [outputs, inputs, 1, 1];
  if (name.endsWith('conv_1')) return [outputs / 4, inputs, 3, 3];
  return name.endsWith('conv_4') ? [outputs, outputs / 4, 1, 1] : [outputs / 4, outputs / 4, 3, 3];
}

/** A module tree in which every level holds the next one twice: 2^40 modules in a kilobyte. */
function moduleForest(): Uint8Array {
  const encoder = (modules: Uint8Array): Uint8Array =>
    join(
      global('dall_e.encoder', 'Encoder'),
      ')\x81',
      dict({
        n_hid: integer(4),
        n_blk_per_group: integer(1),
        input_channels: integer(3),
        vocab_size: integer(8),
        _modules: modules,
      }),
      'b',
    );
  let child: Uint8Array = join('}');
  for (let level = 0; level < 40; level++) {
    const memo = String.fromCharCode(level);
    child = join('}(', text('a'), encoder(child), `q${memo}`, text('b'), `h${memo}`, 'u');
  }
  return torchZip(pickle(encoder(child)));
}
export const attacks: readonly Attack[] = [
  ...Object.entries(executions).map(([name, make]) => ({ name, code: 'E_PICKLE_EXEC_ATTEMPT', make })),
  ...[...pickles, ...tensors].map(([code, name, make]) => ({ name, code, make })),
  { name: 'a forest of 2^40 shared modules', code: 'E_PICKLE_LIMIT', make: moduleForest },
  ...zipAttacks(pickle('N')),
];
