/** Which names a pickle calls, whatever way it takes to the call. */
import { expect, test } from 'vitest';
import { call, global, join, pickle, text, tuple } from '../../test/hostile/pickle-assembler.ts';
import { listCalledNames } from './called-names.ts';
import { decodePickle } from './decode-pickle.ts';
import { globalName } from './records.ts';

function calledBy(...pieces: readonly (Uint8Array | string)[]): string[] {
  const { calls } = decodePickle(pickle(...pieces));
  return calls.flatMap((record) => listCalledNames(record).map((name) => globalName(name)!));
}

const run = global('evil', 'run');
const thing = global('evil', 'Thing');

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
  ['only named', [run], []],
  ['only named, in a list', ['](', run, 'e'], []],
  ['made by NEWOBJ', [thing, ')\x81'], []],
  ['made by NEWOBJ_EX, with its state', ['\x80\x04', thing, ')}\x92}b'], []],
  ['given as data', [call(global('collections', 'OrderedDict'), run)], ['collections.OrderedDict']],
  ['no callable at all', ['K\x01', ')R'], []],
])('%s', (_, pieces, called) => {
  expect(calledBy(...pieces)).toEqual(called);
});

test('results of results of results end', () => {
  // Nesting is bounded by the decoder; the way to the innermost name is bounded here.
  const { calls } = decodePickle(pickle(run, ')R'.repeat(1500)));
  expect(calls.flatMap(listCalledNames)).toHaveLength(1500);
});
