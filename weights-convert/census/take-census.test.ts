/** Pickles wherever they hide, and bytes that are none. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UnsafeFileError } from '../../base/errors.ts';
import { call, dict, global, join, pickle, tensor, text, tuple, uint64 } from '../../test/hostile/pickle-assembler.ts';
import { legacyStart, torchZip } from '../../test/hostile/torch-assembler.ts';
import { assembleZip, type EntryPlan } from '../../test/hostile/zip-assembler.ts';
import { sourceFromBytes } from '../byte-source.ts';
import { inspectFile, type InspectionResult } from '../inspect/inspect-file.ts';

function inspect(file: Uint8Array): Promise<InspectionResult> {
  return inspectFile(sourceFromBytes(file, 'a file'));
}

const system = pickle(call(global('os', 'system'), text('id')));
const unknown = pickle(call(global('evil', 'run'), text('id')));
const systemAsText = join("cos\nsystem\n(S'id'\ntR.");
const list = pickle(']');

const weights = pickle(dict({ a: tensor('0', 1, [1], [1]) }));

/** A checkpoint with something else in it. */
function withEntry(...entries: readonly EntryPlan[]): Uint8Array {
  return assembleZip([
    { name: 'x/data.pkl', data: weights },
    { name: 'x/data/0', data: new Uint8Array(4) },
    ...entries,
  ]);
}

const UNSAFE = 'E_PICKLE_EXEC_ATTEMPT';
const UNKNOWN = 'E_PICKLE_UNKNOWN_CALL';
const TRAILING = 'E_PICKLE_TRAILING';

describe('behind STOP', () => {
  test.each<[name: string, file: Uint8Array, code: string | undefined]>([
    ['another pickle that runs code', join(list, system), UNSAFE],
    ['one of protocol 0', join(list, systemAsText), UNSAFE],
    ['one behind a list of protocol 0', join('(lp0\n.', systemAsText), UNSAFE],
    ['one that calls what is not known', join(list, unknown), UNKNOWN],
    ['the worse of two', join(list, unknown, list, system), UNSAFE],
    ['one behind zeros', join(list, new Uint8Array(1000), system), UNSAFE],
    ['one behind bytes that are none', join(list, '\xff\xfe\xff', system), UNSAFE],
    ['one of protocol 0 behind bytes that are none', join(list, '\xff\xfe\xff', systemAsText), UNSAFE],
    ['a name from the stack behind a break', join('\x80\x04Q\xff', '\x8c\x02os\x94\x8c\x06system\x94\x93)R.'), UNSAFE],
    ['a name from longer texts behind a break', join('\x80\x04Q\xff', text('os'), text('system'), '\x93)R.'), UNSAFE],
    ['INST behind a break', join('\x80\x04Q\xff', '(ios\nsystem\n.'), UNSAFE],
    ['one behind a pickle that breaks', join(pickle('Q'), system), UNSAFE],
    ['one behind megabytes of other data', join(list, new Uint8Array(3_000_000).fill(0xff), system), UNSAFE],
    ['one that is cut', join(list, system.subarray(0, -2)), UNSAFE],
    ['another list', join(list, list), undefined],
    ['zeros', join(list, new Uint8Array(300_000)), undefined],
    ['a hundred lists', join(...Array<Uint8Array>(100).fill(list)), undefined],
    ['a name that is not called', join(list, pickle(global('evil', 'Thing'))), undefined],
    ['bytes that are none', join(list, '\xff\xfe\xff'), TRAILING],
    ['zeros and a byte', join(list, new Uint8Array(100), '\xff'), TRAILING],
    ['eleven thousand lists', join(...Array<Uint8Array>(11_000).fill(list)), TRAILING],
  ])('%s', async (_, file, code) => {
    const { failure } = await inspect(file);
    expect(failure?.code).toBe(code);
    expect(failure instanceof UnsafeFileError).toBe(code === UNSAFE);
  });

  test('every byte is told', async () => {
    const { inspection } = await inspect(join(list, new Uint8Array(9), unknown, '\xff\xff'));
    expect(inspection.pickles.items).toEqual([
      { place: '', bytes: list.length, isWhole: true },
      { place: `byte ${list.length + 9}`, bytes: unknown.length, isWhole: true },
    ]);
    expect(inspection.trailing).toEqual({ padding: 9, other: 2 });
    expect(inspection.calls).toEqual({ known: [], unknown: ['evil.run'], runCode: [] });
    expect(inspection.globals.items).toMatchObject([{ name: 'evil.run', calls: 1, place: 'byte 13', source: null }]);
  });

  test('what runs code is told with its source', async () => {
    const { inspection } = await inspect(
      join(list, pickle(call(global('torch.utils.collect_env', 'run'), text('id')))),
    );
    expect(inspection.calls.runCode).toEqual(['torch.utils.collect_env.run']);
    expect(inspection.globals.items[0]!.source).toContain('GHSA-f745-w6jp-hpxx');
  });
});

describe('in a zip', () => {
  test.each<[name: string, entries: EntryPlan[], code: string | undefined]>([
    ['evil.pkl', [{ name: 'x/evil.pkl', data: system }], UNSAFE],
    ['a pickle of any name', [{ name: 'x/readme.txt', data: system }], UNSAFE],
    ['one of protocol 0', [{ name: 'x/version', data: systemAsText }], UNSAFE],
    ['one behind another', [{ name: 'x/notes', data: join(list, unknown) }], UNKNOWN],
    ['one in place of numbers', [{ name: 'x/data/1', data: unknown }], UNKNOWN],
    ['one outside the root', [{ name: 'y/evil.pkl', data: system }], UNSAFE],
    ['constants.pkl', [{ name: 'x/constants.pkl', data: system }], UNSAFE],
    ['another zip', [{ name: 'x/inner.pt', data: torchZip(system) }], UNSAFE],
    ['a legacy file', [{ name: 'x/inner.pt', data: join(legacyStart(), unknown) }], UNKNOWN],
    ['an array of objects', [{ name: 'x/a.npy', data: npyOfObjects(unknown) }], UNKNOWN],
    ['text', [{ name: 'x/notes/net.py', data: Buffer.from('import os\nos.system("id")\n') }], undefined],
    ['numbers', [{ name: 'x/data/1', data: new Uint8Array(Float32Array.of(1, 2, 3).buffer) }], undefined],
    ['a list', [{ name: 'x/notes.pkl', data: list }], undefined],
  ])('%s', async (_, entries, code) => {
    const { failure } = await inspect(withEntry(...entries));
    expect(failure?.code).toBe(code);
  });

  test('two pickles called data.pkl', async () => {
    const { failure } = await inspect(
      assembleZip([
        { name: 'x/data.pkl', data: list },
        { name: 'y/data.pkl', data: system },
      ]),
    );
    expect(failure).toBeInstanceOf(UnsafeFileError);
  });

  test('behind the pickle of the weights', async () => {
    expect((await inspect(torchZip(join(list, system)))).failure).toBeInstanceOf(UnsafeFileError);
    expect((await inspect(torchZip(join(list, unknown)))).failure).toMatchObject({ code: UNKNOWN });
    expect((await inspect(torchZip(join(list, list)))).failure).toMatchObject({ code: TRAILING });
  });
});

function npyOfObjects(data: Uint8Array, type = "'|O'"): Uint8Array {
  const header = `{'descr': ${type}, 'fortran_order': False, 'shape': (1,), }\n`;
  return join('\x93NUMPY\x01\x00', Uint8Array.of(header.length & 0xff, header.length >> 8), header, data);
}

describe('in NumPy’s files', () => {
  test.each<[string, Uint8Array, string]>([
    ['npy', npyOfObjects(system), UNSAFE],
    ['npy, not known', npyOfObjects(unknown), UNKNOWN],
    ['npz', assembleZip([{ name: 'a.npy', data: npyOfObjects(system) }]), UNSAFE],
  ])('%s', async (_, file, code) => {
    expect((await inspect(file)).failure?.code).toBe(code);
  });

  test.each(['"|O"', "'\\x7cO'", "'object'", "'|' 'O'", "[('a', '|O')]"])('whose type is spelled %s', async (type) => {
    const array = npyOfObjects(unknown, type);
    for (const file of [array, assembleZip([{ name: 'a.npy', data: array }]), withEntry({ name: 'x/a', data: array })])
      expect((await inspect(file)).failure?.code).toBe(UNKNOWN);
  });

  test('behind a header that is longer than any', async () => {
    const array = npyOfObjects(unknown, `'|O'${' '.repeat(60_000)}`);
    expect((await inspect(withEntry({ name: 'x/a', data: array }))).failure?.code).toBe(UNKNOWN);
  });

  test('behind the numbers', async () => {
    const array = npyOfObjects(join('\0', unknown), "'|u1'");
    expect((await inspect(withEntry({ name: 'x/a', data: array }))).failure?.code).toBe(UNKNOWN);
  });

  test('objects of Python’s own are no call to worry about', async () => {
    const { failure } = await inspect(readFileSync(new URL('../corpus/numpy/objects.npz', import.meta.url)));
    expect(failure?.code).not.toBe(UNKNOWN);
  });
});

describe('in a zip, hidden better', () => {
  const odd = join('\x80\x02', global('my-module', 'run'), ')R\xff');

  test('one that breaks behind its call of a module with an odd name', async () => {
    expect((await inspect(withEntry({ name: 'x/data/7', data: odd }))).failure?.code).toBe(UNKNOWN);
  });

  test('that cannot be opened, though others would', async () => {
    const broken = Uint8Array.from(torchZip(system));
    broken[6]! ^= 1; // a flag of the first entry
    expect((await inspect(broken)).failure).toBeInstanceOf(UnsafeFileError);
  });

  test('another zip that cannot be looked through is not nothing', async () => {
    const broken = join(torchZip(list), 'more');
    const deep = Array.from({ length: 8 }).reduce<Uint8Array>(
      (inner) => assembleZip([{ name: 'a', data: inner }]),
      list,
    );
    for (const data of [broken, deep])
      expect((await inspect(withEntry({ name: 'x/other', data }))).failure?.code).toBe(TRAILING);
  });
});

describe('names that getattr comes to', () => {
  const inner = call(global('__builtin__', 'getattr'), global('geometry', 'Shape'), text('Kind'));
  const hidden = call(global('__builtin__', 'getattr'), global('random', '_os'), text('system'));

  test('a class within a class is no attack', async () => {
    const { failure, inspection } = await inspect(pickle(inner, ')\x81'));
    expect(failure).toBeUndefined();
    expect(inspection.globals.items.map(({ name }) => name)).toContain('geometry.Shape.Kind');
  });

  test.each<[name: string, file: Uint8Array, code: string]>([
    ['called', pickle(call(inner, 'K\x01')), UNKNOWN],
    ['that run code', pickle(hidden), UNSAFE],
    [
      'of no plain name',
      pickle(call(global('__builtin__', 'getattr'), global('a', 'b'), text('__subclasses__'))),
      UNSAFE,
    ],
    ['and getattr given to another', pickle(tuple(inner, call(global('a', 'b'), hidden))), UNSAFE],
    ['getattr, never called', pickle(global('__builtin__', 'getattr')), UNSAFE],
  ])('%s', async (_, file, code) => {
    expect((await inspect(file)).failure?.code).toBe(code);
  });
});

describe('in a legacy file', () => {
  const saved = readFileSync(new URL('../corpus/torch/legacy-state-dict.pt', import.meta.url));

  test('its numbers are accounted for', async () => {
    const { inspection, failure } = await inspect(saved);
    expect(failure).toBeUndefined();
    expect(inspection.pickles.items).toHaveLength(5);
    expect(inspection.trailing).toEqual({ padding: 0, other: 0 });
  });

  test('another pickle behind the last number', async () => {
    expect((await inspect(join(saved, system))).failure).toBeInstanceOf(UnsafeFileError);
    expect((await inspect(join(saved, unknown))).failure).toMatchObject({ code: UNKNOWN });
    expect((await inspect(join(saved, list))).failure).toMatchObject({ code: 'E_TENSOR_STORAGE' });
  });
});

/**
 * Safetensors whose length of header reads as SHORT_BINBYTES, which skips into a note, whose text goes on to skip,
 * until the data, where anything may stand.
 */
function polyglot(code: Uint8Array): Uint8Array {
  const note = 8 + '{"__metadata__":{"a":"'.length;
  const skipped = note - 2;
  const length = 0x43 + 256 * skipped;
  const closing = `"},"w":{"dtype":"U8","shape":[${code.length}],"data_offsets":[0,${code.length}]}}`.padEnd(80);
  let left = 8 + length - note - 2 - closing.length;
  let text = '';
  // Lengths are letters here, from space to tilde.
  for (; left > 0; left -= Math.min(left, 128)) {
    const hop = left > 128 && left < 162 ? left - 40 : Math.min(left, 128);
    text += `C${String.fromCharCode(hop - 2)}`.padEnd(hop, 'x');
    left += Math.min(left, 128) - hop;
  }
  const header = `{"__metadata__":{"a":"${text}C${String.fromCharCode(closing.length)}${closing}`;
  expect(header.length).toBe(length);
  return join(uint64(BigInt(length)), header, code);
}

test('in a file that is safetensors and a pickle at once', async () => {
  const run = (callee: Uint8Array): Uint8Array => join(call(callee, text('id')), '.');
  const plain = await inspect(polyglot(new Uint8Array(40)));
  expect(plain).toMatchObject({ failure: undefined, inspection: { container: 'safetensors' } });
  expect(plain.inspection.pickles.items).toEqual([]);
  expect((await inspect(polyglot(run(global('os', 'system'))))).failure).toBeInstanceOf(UnsafeFileError);
  expect((await inspect(polyglot(run(global('evil', 'run'))))).failure).toMatchObject({ code: UNKNOWN });
});
