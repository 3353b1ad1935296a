/** Which names a pickle calls, whatever way it takes to the call. */
import { expect, test } from 'vitest';
import { FormatError } from '../../base/errors.ts';
import { call, global, join, pickle, text, tuple } from '../../test/hostile/pickle-assembler.ts';
import { listCalledNames } from './called-names.ts';
import { decodePickle } from './decode-pickle.ts';
import { globalName } from './records.ts';
import { makeTrace } from './trace.ts';

function calledBy(...pieces: readonly (Uint8Array | string)[]): string[] {
  const { calls } = decodePickle(pickle(...pieces));
  return calls.flatMap((record) => listCalledNames(record).map((name) => globalName(name)!));
}

const run = global('evil', 'run');
const thing = global('evil', 'Thing');

const getattr = global('__builtin__', 'getattr');

function attribute(owner: Uint8Array, name: string): Uint8Array {
  return call(getattr, owner, text(name));
}

function nest(owner: Uint8Array, levels: number, name: string): Uint8Array {
  return levels === 0 ? owner : attribute(nest(owner, levels - 1, name), name);
}

test.each<[name: string, pieces: (Uint8Array | string)[], called: string[]]>([
  ['REDUCE', [call(run, text('id'))], ['evil.run']],
  ['OBJ', ['(', run, text('id'), 'o'], ['evil.run']],
  ['INST', ['(', text('id'), 'ievil\nrun\n'], ['evil.run']],
  ['a name in the memo', [run, 'q\0', '0', 'h\0', tuple(text('id')), 'R'], ['evil.run']],
  ['a name that was doubled', [run, '2', tuple(text('id')), 'R'], ['evil.run']],
  ['a result that is dropped', [call(run), '0N'], ['evil.run']],
  ['a result that is called', [call(call(run), text('id'))], ['evil.run', 'evil.run']],
  ['an instance that is called', [call(join(thing, ')\x81'), text('id'))], ['evil.Thing']],
  ['a class of a legacy file', [call(join(tuple(text('module'), run, text('a.py'), text('')), 'Q'))], ['evil.run']],
  ['an extension', ['\x82\x07', tuple(text('id')), 'R'], ['copyreg extension.code 7']],
  [
    'given to a function that calls it',
    [call(global('torch._tensor', '_rebuild_from_type_v2'), run, thing, tuple(text('id')), '}')],
    ['torch._tensor._rebuild_from_type_v2', 'evil.run'],
  ],
  ['a factory', [call(global('collections', 'defaultdict'), run)], ['collections.defaultdict', 'evil.run']],
  [
    'an initialiser, as protocols 0 and 1 have it',
    [call(global('copy_reg', '_reconstructor'), thing, run, 'N')],
    ['copyreg._reconstructor', 'evil.run'],
  ],
  ['made by NEWOBJ of an instance', [call(run), ')\x81'], ['evil.run', 'evil.run']],
  ['a function within one that is named', [call(attribute(thing, 'run'), text('id'))], ['evil.Thing.run']],
  ['a class within a class, called', [call(attribute(attribute(thing, 'A'), 'B'))], ['evil.Thing.A.B']],
  ['an attribute of a result', [attribute(call(run), 'x')], ['evil.run', 'builtins.getattr']],
  ['an attribute whose name is a result', [call(getattr, thing, call(run))], ['evil.run', 'builtins.getattr']],
  [
    'the maker of bits for a generator of NumPy',
    [call(global('numpy.random._pickle', '__generator_ctor'), text('id'), run)],
    ['numpy.random._pickle.__generator_ctor', 'evil.run'],
  ],
  [
    'the class of such a maker',
    [call(global('numpy.random._pickle', '__bit_generator_ctor'), thing)],
    ['numpy.random._pickle.__bit_generator_ctor', 'evil.Thing'],
  ],
  [
    'an instance that is iterated',
    [call(global('builtins', 'list'), join(thing, ')\x81'))],
    ['builtins.list', 'evil.Thing'],
  ],
  [
    'a class made by NEWOBJ',
    [global('builtins', 'type'), tuple(text('X'), tuple(thing), '}'), '\x81'],
    ['builtins.type'],
  ],
  ['the class of a storage', [tuple(text('storage'), run, text('0'), text('cpu'), 'K\x01'), 'Q'], ['evil.run']],
  ['only named', [run], []],
  ['an attribute of an attribute too many', [nest(thing, 9, 'A')], ['builtins.getattr']],
  ['attributes of a name too long to be one', [nest(thing, 3, 'A'.repeat(199))], ['builtins.getattr']],
  ['classes within classes', [nest(thing, 8, 'A')], []],
  ['a class within a class', [attribute(attribute(thing, 'A'), 'B')], []],
  ['an instance of a class within a class', [attribute(thing, 'A'), ')\x81'], []],
  ['the class of None', [call(global('builtins', 'type'), 'N')], []],
  ['a storage that is not read', [tuple(text('storage'), global('torch', 'ComplexFloatStorage'), text('0')), 'Q'], []],
  ['only named, in a list', ['](', run, 'e'], []],
  ['made by NEWOBJ', [thing, ')\x81'], []],
  ['made by NEWOBJ_EX, with its state', ['\x80\x04', thing, ')}\x92}b'], []],
  ['given as data', [call(global('types', 'SimpleNamespace'), run)], ['types.SimpleNamespace']],
  ['no callable at all', ['K\x01', ')R'], []],
])('%s', (_, pieces, called) => {
  expect(calledBy(...pieces)).toEqual(called);
});

test('results of results of results end', () => {
  // Nesting is bounded by the decoder; the way to the innermost name is bounded here.
  const { calls } = decodePickle(pickle(run, ')R'.repeat(1500)));
  expect(calls.flatMap(listCalledNames)).toHaveLength(1500);
});

test.each<[name: string, calls: number, owner: Uint8Array]>([
  ['a name', 8, thing],
  ['nothing that is named', 40, call(run)],
])('the way from many calls to %s is gone once', (_, levels, owner) => {
  const { calls } = decodePickle(pickle(nest(owner, levels, 'A'), 'q\x000', 'h\0)R0'.repeat(1000), 'N'));
  let reads = 0;
  for (const record of calls) {
    const { args } = record;
    Object.defineProperty(record, 'args', { get: () => (reads++, args) });
  }
  expect(calls.flatMap(listCalledNames).length).toBeGreaterThanOrEqual(1000);
  expect(reads).toBeLessThan(2 * calls.length);
});

test.each(['b', 'a', 's'])(
  'what Python would do to an object that is only named is noted before it is refused: %s',
  (opcode) => {
    const trace = makeTrace();
    expect(() => decodePickle(pickle(thing, opcode === 's' ? 'NN' : '}', opcode), { trace })).toThrow(FormatError);
    expect(trace.calls.flatMap(listCalledNames).map(globalName)).toEqual(['evil.Thing']);
  },
);
