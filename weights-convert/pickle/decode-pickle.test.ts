/** Pickles written by Python in protocols 0 to 5, and everything that our own writer makes read back. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../base/errors.ts';
import { DEFAULT_BUDGETS, type PickleBudgets } from './budgets.ts';
import { decodePickle } from './decode-pickle.ts';
import { encodePickle } from './encode-pickle.ts';
import { globalName, isRecord, sequenceItems, stringEntries, type CallRecord, type PickleValue } from './records.ts';

const folder = new URL('../corpus/pickle/', import.meta.url);

/** Plain JavaScript for what has an equivalent; calls stay records. */
function simplify(value: PickleValue | undefined): unknown {
  return sequenceItems(value)?.map(simplify) ?? value;
}

describe.each([0, 1, 2, 3, 4, 5])('protocol %i', (protocol) => {
  const decoded = decodePickle(readFileSync(new URL(`protocol-${protocol}.pkl`, folder)));
  const root = stringEntries(decoded.root)!;

  test('numbers, text, constants', () => {
    const integers = [0, 1, 255, 256, 65535, 65536, -1, 2 ** 31 - 1, -(2 ** 31), 2n ** 53n, 2n ** 100n, -(2n ** 100n)];
    expect(simplify(root.get('integers'))).toEqual(integers);
    expect(simplify(root.get('floats'))).toEqual([0, 1.5, -2.25, 1e300]);
    expect(simplify(root.get('text'))).toEqual(['', 'plain', 'ünï ☃ 𝄞', 'line\nbreak \\ back', '\x00']);
    expect(simplify(root.get('constants'))).toEqual([null, true, false]);
    expect(root.get('long text')).toBe('x'.repeat(300));
  });

  test('tuples of every length', () => {
    expect(simplify(root.get('tuples'))).toEqual([[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]);
  });

  test('bytes, written as a call before protocol 3', () => {
    const bytes = root.get('bytes');
    if (protocol >= 3) expect(bytes).toEqual(Uint8Array.of(0, 1, 0xfe, 0xff));
    else expect(simplify((bytes as CallRecord).args)).toEqual(['\x00\x01\xfe\xff', 'latin1']);
  });

  test('sets, written as a call before protocol 4', () => {
    const set = root.get('set');
    if (protocol >= 4) expect(set).toMatchObject({ tag: 'set', items: [7] });
    else expect(globalName((set as CallRecord).callee)).toBe('builtins.set');
  });

  test('objects keep identity: shared, cyclic, filled after they were stored', () => {
    const [first, second] = sequenceItems(root.get('shared'))!;
    expect(first).toBe(second);
    expect(simplify(first)).toEqual(['shared']);
    const cyclic = root.get('cyclic');
    expect(sequenceItems(cyclic)![0]).toBe(cyclic);
    expect([...(stringEntries(root.get('ordered')) ?? [])]).toEqual(
      protocol >= 2
        ? [
            ['b', 1],
            ['a', 2],
          ]
        : expect.anything(),
    );
  });

  test('instances are records of their class and state', () => {
    const point = root.get('point') as CallRecord;
    expect(decoded.globals.map(globalName)).toContain('geometry.Point');
    expect(point.tag).toBe('call');
    expect([...stringEntries(point.state)!]).toEqual([
      ['x', 1],
      ['label', 'p'],
    ]);
  });
});

test.each([0, 1, 2, 3, 4, 5])('three hundred values that Python made at random, protocol %i', (protocol) => {
  const wanted: unknown = JSON.parse(readFileSync(new URL('random.json', folder), 'utf8'));
  const toPlain = (value: PickleValue): unknown => {
    const entries = isRecord(value) && value.tag === 'dict' ? stringEntries(value) : undefined;
    if (entries) return Object.fromEntries([...entries].map(([key, item]) => [key, toPlain(item)]));
    return sequenceItems(value)?.map(toPlain) ?? value;
  };
  expect(toPlain(decodePickle(readFileSync(new URL(`random-${protocol}.pkl`, folder))).root)).toEqual(wanted);
});

/** As corpus/make_text_forms.py describes values; INT and LONG give whole numbers only. */
function describeValue(value: PickleValue, opcode: string): string {
  if (typeof value === 'boolean') return `bool:${value ? 'True' : 'False'}`;
  if (typeof value === 'string') return `str:${Buffer.from(value, 'utf16le').swap16().toString('hex')}`;
  if (typeof value !== 'number' || opcode !== 'F') return value === null ? 'None' : `int:${String(value)}`;
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  return Number.isNaN(value) ? 'float:nan' : `float:${bits.toString('hex')}`;
}

test('numbers and texts in every spelling are taken and refused as Python does', () => {
  const rows = JSON.parse(readFileSync(new URL('text-forms.json', folder), 'utf8')) as [string, string][];
  expect(rows.length).toBe(800);
  const read = (hex: string): string => {
    const bytes = Buffer.from(hex, 'hex');
    try {
      return describeValue(decodePickle(bytes).root, String.fromCharCode(bytes[0]!));
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      return 'refused';
    }
  };
  const differing = rows.filter(([hex, wanted]) => read(hex) !== wanted);
  expect(differing.map(([hex, wanted]) => [Buffer.from(hex, 'hex').toString('latin1'), wanted, read(hex)])).toEqual([]);
});

test('smaller budgets are kept to', () => {
  const named: PickleValue = { tag: 'global', module: 'torch', name: 'Size' };
  const bytes = encodePickle({ tag: 'list', items: ['four', 'more', named], depth: 0 });
  const decodeWithin = (budgets: Partial<PickleBudgets>) => (): unknown =>
    decodePickle(bytes, { budgets: { ...DEFAULT_BUDGETS, ...budgets } });
  expect(decodeWithin({ stringBytes: 5, stackValues: 6, nameCharacters: 9 })).not.toThrow();
  const tooMuch: Partial<PickleBudgets>[] = [
    { stringBytes: 3 },
    { opcodes: 5 },
    { stackValues: 2 },
    { streamBytes: 9 },
    { memoIndex: 0 },
    { nameCharacters: 8 },
  ];
  for (const budgets of tooMuch) {
    expect(decodeWithin(budgets)).toThrow(expect.objectContaining({ code: 'E_PICKLE_LIMIT' }));
  }
});

test('what our writer writes reads back the same', () => {
  const { tree } = fc.letrec<{ tree: PickleValue }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.double({ noNaN: true }).filter((value) => !Number.isInteger(value)),
      fc.string({ unit: 'grapheme' }).filter((text) => !text.startsWith('\0')),
      fc.array(tie('tree'), { maxLength: 4 }).map((items): PickleValue => ({ tag: 'list', items, depth: 0 })),
      fc.array(tie('tree'), { maxLength: 4 }).map((items): PickleValue => ({ tag: 'tuple', items, depth: 0 })),
      fc
        .array(fc.tuple(fc.string(), tie('tree')), { maxLength: 4 })
        .map((entries): PickleValue => ({ tag: 'dict', entries, depth: 0 })),
    ),
  }));
  const withoutDepth = (value: PickleValue): unknown =>
    JSON.stringify(value, (key, item: unknown) =>
      key === 'depth' ? undefined : Object.is(item, Infinity) ? 'inf' : item,
    );
  fc.assert(
    fc.property(tree, (value) => {
      const bytes = encodePickle(value);
      const { root, length } = decodePickle(bytes);
      expect(length).toBe(bytes.length);
      expect(withoutDepth(root)).toBe(withoutDepth(value));
    }),
    { numRuns: 300 },
  );
});
