/**
 * Everything a decoded pickle holds, by name: its tensors, and the values beside them. The walk visits every record
 * once, without recursion, so that neither cycles nor 2^60 references to one list make it long.
 *
 * Names are those of `state_dict()` where the pickle is a state dict or a module: `_parameters`, `_buffers` and
 * `_modules` are no part of the way.
 */
import { FormatError } from '../../errors.ts';
import { isRecord, sequenceItems, type CallRecord, type PickleRecord, type PickleValue } from '../pickle/records.ts';
import { moduleClass } from '../state-dict.ts';
import type { StorageTable } from '../torch/storage.ts';
import { interpretTensor, type TensorRecord } from '../torch/tensor-record.ts';
import { BoundedList } from './bounded-list.ts';
import { formatName, formatValue } from './format-value.ts';
import type { InspectedProblem, InspectedValue } from './inspection.ts';

export interface NamedTensor {
  readonly name: string;
  readonly tensor: TensorRecord;
}

export interface PickleContents {
  readonly tensors: BoundedList<NamedTensor>;
  readonly values: BoundedList<InspectedValue>;
  /** Tensors that cannot be as they are described. */
  readonly problems: BoundedList<InspectedProblem>;
}

const MAX_TENSORS = 100_000;
const MAX_VALUES = 1_000;
const MAX_PROBLEMS = 20;
const MAX_PATH = 200;
/** A list or call of no more than so many plain values is one value. */
const MAX_INLINE = 64;

const REGISTRIES: ReadonlySet<string> = new Set(['_parameters', '_buffers', '_modules']);
const ROOT = '(root)';

/** Lists what is below `root`, in the order of the pickle, plain values before what is nested. */
export function listContents(root: PickleValue, storages: StorageTable): PickleContents {
  return new ContentsWalk(storages).run(root);
}

interface Place {
  readonly record: PickleRecord;
  readonly path: string;
}

class ContentsWalk {
  readonly #storages: StorageTable;
  /** What was said of a record, for when it comes again. */
  readonly #seen = new Map<PickleRecord, string>();
  readonly #contents: PickleContents = {
    tensors: new BoundedList(MAX_TENSORS),
    values: new BoundedList(MAX_VALUES),
    problems: new BoundedList(MAX_PROBLEMS),
  };

  constructor(storages: StorageTable) {
    this.#storages = storages;
  }

  run(root: PickleValue): PickleContents {
    const pending = this.#list([['', root]]);
    for (let place = pending.pop(); place; place = pending.pop()) {
      const nested = this.#list(childrenOf(place.record, place.path));
      for (const next of nested) pending.push(next);
    }
    return this.#contents;
  }

  /** Lists plain children and tensors; returns what is nested, the first of them last. */
  #list(children: Iterable<[path: string, child: PickleValue]>): Place[] {
    const nested: Place[] = [];
    for (const [path, child] of children) {
      if (isRecord(child) && !this.#listRecord(path, child)) nested.push({ record: child, path });
      else if (!isRecord(child)) this.#addValue(path, formatValue(child));
    }
    return nested.reverse();
  }

  /** Lists a record; false if it is one to look into. */
  #listRecord(path: string, record: PickleRecord): boolean {
    if (this.#listTensor(path, record)) return true;
    const said = this.#seen.get(record);
    if (said !== undefined) {
      if (said !== '') this.#addValue(path, said);
      return true;
    }
    const isShort = isInline(record);
    const text = isShort ? formatValue(record) : titleOf(record);
    this.#seen.set(record, isShort ? text : `the same object as ${path || ROOT}`);
    if (text !== '') this.#addValue(path, text);
    return isShort;
  }

  #listTensor(path: string, record: PickleRecord): boolean {
    try {
      const tensor = interpretTensor(record, this.#storages);
      if (tensor) this.#contents.tensors.add({ name: path || ROOT, tensor });
      return tensor !== undefined;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#contents.problems.add({ place: formatName(path || ROOT), code: error.code, message: error.message });
      return true;
    }
  }

  #addValue(path: string, text: string): void {
    this.#contents.values.add({ path: formatName(path || ROOT), text });
  }
}

/** What stands for a record whose contents are listed below it; empty where their paths say enough. */
function titleOf(record: PickleRecord): string {
  if (record.tag !== 'call') return '';
  const className = moduleClass(record);
  if (className !== undefined) return `module ${className}`;
  return isOrderedDict(record) ? '' : formatValue(record);
}

function isOrderedDict({ callee }: CallRecord): boolean {
  return isRecord(callee) && callee.tag === 'global' && callee.name === 'OrderedDict';
}

/** True for what is said in a line: a name, an empty container, or a few plain values. */
function isInline(record: PickleRecord): boolean {
  const pending: PickleValue[] = [record];
  for (let count = 0; pending.length > 0; count++) {
    const value = pending.pop()!;
    if (count + pending.length > MAX_INLINE) return false;
    if (!isRecord(value) || value.tag === 'global') continue;
    if (value.tag === 'persistent') return false;
    if (value.tag === 'dict' || value.tag === 'call') {
      if (value.entries.length > 0) return false;
      if (value.tag === 'dict') continue;
      if (value.state !== undefined) return false;
      pending.push(value.callee, value.args);
    }
    if (value.items.length > MAX_INLINE) return false;
    pending.push(...value.items);
  }
  return true;
}

/** What a record holds, each with its path. */
function* childrenOf(record: PickleRecord, path: string): Generator<[path: string, child: PickleValue]> {
  switch (record.tag) {
    case 'global':
      return;
    case 'persistent':
      yield [`${path}.id`, record.id];
      return;
    case 'call':
      yield* childrenOfCall(record, path);
      return;
    case 'dict':
      yield* joinEntries(record.entries, path);
      return;
    default:
      yield* joinItems(record.items, path);
  }
}

function* childrenOfCall(record: CallRecord, path: string): Generator<[path: string, child: PickleValue]> {
  const { args, state, items, entries } = record;
  const isModule = moduleClass(record) !== undefined;
  // Short arguments are in the title already.
  if (isRecord(args) && !isInline(args)) yield [`${path}()`, args];
  yield* joinItems(items, path);
  yield* joinEntries(entries, path);
  if (!isRecord(state) || state.tag !== 'dict') {
    if (state !== undefined) yield [`${path}.state`, state];
    return;
  }
  for (const [key, child] of state.entries) {
    // A module's bookkeeping, empty nearly always, would hide what its author set.
    if (isModule && typeof key === 'string' && key.startsWith('_') && isEmpty(child)) continue;
    const isRegistry = isModule && typeof key === 'string' && REGISTRIES.has(key);
    yield [isRegistry ? path : joinPath(path, key), child];
  }
}

/** True for None and for containers of nothing. */
function isEmpty(value: PickleValue): boolean {
  if (!isRecord(value)) return value === null;
  switch (value.tag) {
    case 'tuple':
    case 'list':
    case 'set':
      return value.items.length === 0;
    case 'dict':
      return value.entries.length === 0;
    case 'call':
      return value.items.length + value.entries.length === 0 && value.state === undefined && holdsNothing(value.args);
    default:
      return false;
  }
}

/** Arguments that are none, or one empty list: `OrderedDict()`, `set([])`. */
function holdsNothing(args: PickleValue): boolean {
  const items = sequenceItems(args) ?? [args];
  return items.every((item) => isRecord(item) && item.tag === 'list' && item.items.length === 0);
}

function* joinItems(items: readonly PickleValue[], path: string): Generator<[path: string, child: PickleValue]> {
  for (const [index, item] of items.entries()) yield [cutPath(`${path}[${index}]`), item];
}

function* joinEntries(
  entries: readonly [PickleValue, PickleValue][],
  path: string,
): Generator<[path: string, child: PickleValue]> {
  for (const [key, item] of entries) yield [joinPath(path, key), item];
}

function joinPath(path: string, key: PickleValue): string {
  if (typeof key !== 'string') return cutPath(`${path}[${formatValue(key, 60)}]`);
  return cutPath(path === '' ? key : `${path}.${key}`);
}

/** A name is cut where no net's is as long, so that nested text cannot grow without bound. */
function cutPath(path: string): string {
  return path.length > MAX_PATH ? `${path.slice(0, MAX_PATH - 1)}…` : path;
}
