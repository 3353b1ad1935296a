/**
 * Attacks on the reader of TorchScript archives: objects of `__torch__.` classes, whose names are names, and whatever
 * hides among them or in the entries beside them.
 */
import { deflateRawSync } from 'node:zlib';
import { call, dict, global, join, pickle, tensor, text, tuple, type Piece } from './pickle-assembler.ts';
import { assembleZip, type EntryPlan } from './zip-assembler.ts';

/** An instance as torch.jit.save writes it. */
function object(className: string, attributes: Readonly<Record<string, Piece>>): Uint8Array {
  const dot = className.lastIndexOf('.');
  return join(global(`__torch__.${className.slice(0, dot)}`, className.slice(dot + 1)), ')\x81', dict(attributes), 'b');
}

/** An archive with this data and whatever lies beside it. */
function program(data: Uint8Array, beside: readonly EntryPlan[] = []): Uint8Array {
  return assembleZip([
    { name: 'x/data.pkl', data },
    { name: 'x/data/0', data: new Uint8Array(4) },
    { name: 'x/constants.pkl', data: pickle(')') },
    { name: 'x/version', data: Buffer.from('3\n') },
    ...beside,
  ]);
}

const system = call(global('os', 'system'), text('echo dalle-gl-was-here > /tmp/dalle-gl-was-here'));
const weight = tensor('0', 1, [1], [1]);
const harmless = pickle(object('a.Net', { weight }));

const matrix = tensor('0', 1, [1, 1], [1, 1]);
const kernel = tensor('0', 1, [1, 1, 1, 1], [1, 1, 1, 1]);
const resnet = object('a.ResNet', {
  attnpool: object('a.Pool', { positional_embedding: matrix }),
  layer1: object('a.Layer', { 0: object('a.Block', { conv1: object('a.Conv', { weight: kernel }) }) }),
});

/** A file of the program, deflated as torch deflates it. */
function deflated(name: string, data: Uint8Array, lies: Partial<EntryPlan> = {}): EntryPlan {
  const packed = deflateRawSync(data);
  return { name, data: packed, method: 8, size: data.length, packed: packed.length, localSize: 0, flags: 8, ...lies };
}

type Made = readonly [code: string, name: string, make: () => Uint8Array];

export const programAttacks: readonly Made[] = [
  [
    'E_PICKLE_EXEC_ATTEMPT',
    'TorchScript: an attribute that runs code',
    () => program(pickle(object('a.Net', { system }))),
  ],
  [
    'E_PICKLE_EXEC_ATTEMPT',
    'TorchScript: a class within the program that is os.system',
    () => program(pickle(object('a.Net', { weight, act: join(global('posix', 'system'), ')\x81') }))),
  ],
  [
    'E_PICKLE_EXEC_ATTEMPT',
    'TorchScript: os.system behind a dotted name of the program',
    () => program(pickle(object('a.Net', { act: call(join('\x8c\x09__torch__\x8c\x09os.system\x93'), text('id')) }))),
  ],
  [
    'E_PICKLE_EXEC_ATTEMPT',
    'TorchScript: in the constants',
    () =>
      assembleZip([
        { name: 'x/data.pkl', data: harmless },
        { name: 'x/data/0', data: new Uint8Array(4) },
        { name: 'x/constants.pkl', data: pickle(tuple(system)) },
      ]),
  ],
  [
    'E_PICKLE_EXEC_ATTEMPT',
    'TorchScript: beside the program, stored',
    () => program(harmless, [{ name: 'x/code/__torch__/a.py.debug_pkl', data: pickle(system) }]),
  ],
  [
    'E_PICKLE_EXEC_ATTEMPT',
    'TorchScript: beside the program, deflated',
    () => program(harmless, [deflated('x/code/__torch__/a.py.debug_pkl', pickle(system))]),
  ],
  [
    'E_PICKLE_UNKNOWN_CALL',
    'TorchScript: a name of the program that is called',
    () => program(pickle(object('a.Net', { act: call(global('__torch__.a', 'run'), text('id')) }))),
  ],
  [
    'E_NET_UNSUPPORTED',
    'TorchScript: a CLIP with a ResNet',
    () => program(pickle(object('a.CLIP', { visual: resnet }))),
  ],
  ['E_FORMAT_UNKNOWN', 'TorchScript: of no net that is known', () => program(harmless)],
  [
    'E_FORMAT_UNKNOWN',
    'TorchScript: with a deflated text',
    () => program(harmless, [deflated('x/code/a.py', Buffer.from('a'))]),
  ],
  [
    'E_FORMAT_UNKNOWN',
    'TorchScript: weights that are deflated',
    () => program(harmless, [deflated('x/data/1', new Uint8Array(64))]),
  ],
  [
    'E_ZIP_METHOD',
    'deflated text without a program',
    () => assembleZip([{ name: 'x/data.pkl', data: pickle('N') }, deflated('x/code/a.py', Buffer.from('a'))]),
  ],
  [
    'E_FORMAT_UNKNOWN',
    'TorchScript: a text that unpacks to more than it says',
    () => program(harmless, [deflated('x/code/a.py', new Uint8Array(2 ** 22), { size: 10 })]),
  ],
  [
    'E_FORMAT_UNKNOWN',
    'TorchScript: a text of a hundred million letters',
    () => program(harmless, [deflated('x/code/a.py', new Uint8Array(1000), { size: 10 ** 8 })]),
  ],
  [
    'E_PICKLE_LIMIT',
    'TorchScript: objects within each other under long names',
    () => program(nested(60, 'k'.repeat(40))),
  ],
  ['E_FORMAT_UNKNOWN', 'TorchScript: an object that holds itself', () => program(selfish())],
];

function nested(levels: number, name: string): Uint8Array {
  let inner: Uint8Array = object('a.Net', { weight });
  for (let level = 0; level < levels; level++) inner = object('a.Net', { [name]: inner });
  return pickle(inner);
}

function selfish(): Uint8Array {
  return pickle(global('__torch__.a', 'Net'), ')\x81q\x00}', text('self'), 'h\x00sb');
}
