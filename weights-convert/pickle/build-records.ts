/** Short ways to write records down, for pickles that dalle-gl makes itself (encode-pickle.ts writes them). */
import type { CallRecord, DictRecord, GlobalRecord, ListRecord, PickleValue, TupleRecord } from './records.ts';

/** What needs no record of its own, and lists of it. */
export type PlainValue = null | boolean | number | string | readonly PlainValue[];

/** A plain value, its lists as Python's. */
function plain(value: PlainValue): PickleValue {
  return isList(value) ? list(value.map(plain)) : value;
}

function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}

export function dict(entries: DictRecord['entries']): DictRecord {
  return { tag: 'dict', entries, depth: 1 };
}

/** A dict of plain values by name. */
export function plainDict(fields: ReadonlyMap<string, PlainValue>): DictRecord {
  return dict([...fields].map(([name, value]) => [name, plain(value)]));
}

/** As state dicts and registries of modules are. */
export function orderedDict(entries: DictRecord['entries']): CallRecord {
  return { ...call('reduce', 'collections.OrderedDict', []), entries };
}

export function list(items: PickleValue[]): ListRecord {
  return { tag: 'list', items, depth: 1 };
}

export function tuple(items: readonly PickleValue[]): TupleRecord {
  return { tag: 'tuple', items, depth: 1 };
}

/** A call of a function, or the making of an instance, by the full name of what is called. */
export function call(by: CallRecord['by'], name: string, args: readonly PickleValue[]): CallRecord {
  return { tag: 'call', by, callee: globalOf(name), args: tuple(args), items: [], entries: [], depth: 1 };
}

/** A global by its full name; protocol 2 knows builtins by their Python 2 name. */
export function globalOf(fullName: string): GlobalRecord {
  const dot = fullName.lastIndexOf('.');
  return {
    tag: 'global',
    module: fullName.slice(0, dot).replace(/^builtins$/, '__builtin__'),
    name: fullName.slice(dot + 1),
  };
}
