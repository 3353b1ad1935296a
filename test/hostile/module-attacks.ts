/** Attacks through the tree of a pickled module: modules that share children, so that few bytes name many. */
import { dict, global, integer, join, pickle, tensor, text, type Piece } from './pickle-assembler.ts';
import { torchZip } from './torch-assembler.ts';

/** An encoder with these in its `__dict__`. */
function encoder(attributes: Readonly<Record<string, Piece>>): Uint8Array {
  const sizes = { n_hid: integer(4), n_blk_per_group: integer(1), input_channels: integer(3), vocab_size: integer(8) };
  return join(global('dall_e.encoder', 'Encoder'), ')\x81', dict({ ...sizes, ...attributes }), 'b');
}

/** So many levels of modules, each of which holds the next one once or twice. */
function nest(levels: number, innermost: Uint8Array, name: string, isTwice: boolean): Uint8Array {
  let child = innermost;
  for (let level = 0; level < levels; level++) {
    const index = Buffer.of(level, 0, 0, 0);
    const twin = isTwice ? join(text('b'), 'j', index) : '';
    child = encoder({ _modules: join('}(', text(name), child, 'r', index, twin, 'u') });
  }
  return child;
}

const file = (module: Uint8Array): Uint8Array => torchZip(pickle(module), { 0: 1 });
const weight = tensor('0', 1, [1], [1]);
const empty = encoder({ _modules: '}' });
const many = (count: number, piece: (index: number) => Piece): Uint8Array =>
  join('}(', ...Array.from({ length: count }, (_, index) => join(text(`${index}`), piece(index))), 'u');

export const moduleAttacks: readonly [code: string, name: string, make: () => Uint8Array][] = [
  ['E_PICKLE_LIMIT', 'a forest of 2^40 shared modules', () => file(nest(40, empty, 'a', true))],
  [
    'E_PICKLE_LIMIT',
    'a forest whose leaves have names of 60 kB',
    () =>
      file(
        nest(
          13,
          nest(80, encoder({ _modules: '}', _parameters: dict({ w: weight }) }), 'x'.repeat(700), false),
          'a',
          true,
        ),
      ),
  ],
  [
    'E_PICKLE_LIMIT',
    'eight thousand times one module of three thousand tensors',
    () => {
      const parameters = many(3000, (index) => (index === 0 ? join(weight, 'q\xff') : 'h\xff'));
      return file(nest(13, encoder({ _modules: '}', _parameters: parameters }), 'a', true));
    },
  ],
  [
    'E_KEYS_MISSING',
    'four thousand times one module of five thousand empty places',
    () => file(nest(12, encoder({ _modules: many(5000, () => 'N') }), 'a', true)),
  ],
  [
    'E_PICKLE_LIMIT',
    'a module that holds itself',
    () => file(encoder({ _modules: join('}q\0', text('a'), encoder({ _modules: 'h\0' }), 's') })),
  ],
  ['E_ARCHITECTURE', 'a child that is no module', () => file(encoder({ _modules: dict({ a: integer(1) }) }))],
  [
    'E_ARCHITECTURE',
    'a parameter that is no tensor',
    () => file(encoder({ _modules: '}', _parameters: dict({ a: integer(1) }) })),
  ],
];
