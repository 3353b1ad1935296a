/**
 * What a pickle decodes into: plain records that describe what it would have built, and nothing that could run.
 *
 * Records are shared exactly as the pickle shares objects: two places that held the same Python object hold the same
 * record, cycles included. Contents that arrive late (Python fills lists, dicts and instances after memoising them) are
 * filled into that one record.
 */

export type PickleValue = null | boolean | number | bigint | string | Uint8Array | PickleRecord;

export type PickleRecord =
  TupleRecord | ListRecord | SetRecord | DictRecord | GlobalRecord | CallRecord | PersistentRecord;

interface Nested {
  /** How deep the record's contents go, as far as known when they were put in: the decoder's bound on nesting. */
  depth: number;
}

export interface TupleRecord extends Nested {
  readonly tag: 'tuple';
  readonly items: readonly PickleValue[];
}

export interface ListRecord extends Nested {
  readonly tag: 'list';
  readonly items: PickleValue[];
}

interface SetRecord extends Nested {
  readonly tag: 'set';
  readonly items: PickleValue[];
}

/**
 * A dict as its assignments in order; of equal keys the last counts. A list, not a `Map`: a file chooses its integer
 * keys, and could choose a million that collide in V8's unseeded integer hash.
 */
export interface DictRecord extends Nested {
  readonly tag: 'dict';
  readonly entries: [key: PickleValue, value: PickleValue][];
}

/** A name in a Python module: a class or a function. Only ever compared with names, never looked up. */
export interface GlobalRecord {
  readonly tag: 'global';
  readonly module: string;
  readonly name: string;
}

/** A call or construction that Python would have made, with everything done to its result. */
export interface CallRecord extends Nested {
  readonly tag: 'call';
  /** Whether Python would call it, or make an instance without running its initialiser. */
  readonly by: 'reduce' | 'newobj';
  readonly callee: PickleValue;
  readonly args: PickleValue;
  /** The argument of BUILD: for most instances, a dict of their attributes. */
  state?: PickleValue;
  /** Items appended to the result (subclasses of list). */
  readonly items: PickleValue[];
  /** Assignments to the result (subclasses of dict, such as OrderedDict). */
  readonly entries: [key: PickleValue, value: PickleValue][];
}

/** Something kept outside the pickle: for torch, `('storage', class, key, location, numel)`. */
export interface PersistentRecord {
  readonly tag: 'persistent';
  readonly id: PickleValue;
}

/** True for records, false for plain values. */
export function isRecord(value: PickleValue | undefined): value is PickleRecord {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

/** `module.name` of a global, in Python 3's spelling; undefined for anything else. */
export function globalName(value: PickleValue | undefined): string | undefined {
  return isRecord(value) && value.tag === 'global' ? `${value.module}.${value.name}` : undefined;
}

/** The items of a tuple or list; undefined for anything else. */
export function sequenceItems(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  return isRecord(value) && (value.tag === 'tuple' || value.tag === 'list') ? value.items : undefined;
}

/**
 * The string-keyed entries of a dict or of a call that made a dict, in insertion order; undefined for anything else.
 */
export function stringEntries(value: PickleValue | undefined): Map<string, PickleValue> | undefined {
  if (!isRecord(value) || (value.tag !== 'dict' && value.tag !== 'call')) return undefined;
  const entries = new Map<string, PickleValue>();
  for (const [key, item] of value.entries) if (typeof key === 'string') entries.set(key, item);
  return entries;
}

/** The string-keyed entries of a dict, with its lists and tuples as arrays; undefined for anything else. */
export function plainEntries(value: PickleValue | undefined): Map<string, unknown> | undefined {
  const entries = stringEntries(value);
  return entries && new Map([...entries].map(([name, item]) => [name, sequenceItems(item) ?? item]));
}

/** What a record holds, with a label for the way to it, such as `['weight']` or `.state`. */
export function* recordChildren(record: PickleRecord): Generator<[label: string, child: PickleValue]> {
  switch (record.tag) {
    case 'global':
      return;
    case 'persistent':
      yield ['.id', record.id];
      return;
    case 'tuple':
    case 'list':
    case 'set':
      yield* labelItems(record.items);
      return;
    case 'dict':
      yield* labelEntries(record.entries);
      return;
    case 'call':
      yield ['.callee', record.callee];
      yield ['.args', record.args];
      if (record.state !== undefined) yield ['.state', record.state];
      yield* labelItems(record.items);
      yield* labelEntries(record.entries);
  }
}

function* labelItems(items: readonly PickleValue[]): Generator<[string, PickleValue]> {
  for (const [index, item] of items.entries()) yield [`[${index}]`, item];
}

function* labelEntries(entries: readonly [PickleValue, PickleValue][]): Generator<[string, PickleValue]> {
  for (const [key, item] of entries) {
    if (isRecord(key)) yield ['.key', key];
    yield [typeof key === 'string' ? `[${JSON.stringify(key.slice(0, 80))}]` : '[...]', item];
  }
}
