/**
 * What a record holds and how the way to it is written: `blocks.input.w` as `state_dict()` would, `[0]` in lists,
 * `()` for arguments. Keeps out what says nothing: empty bookkeeping of modules, arguments shown with their call.
 */
import { isRecord, sequenceItems, type CallRecord, type PickleRecord, type PickleValue } from '../pickle/records.ts';
import { moduleClass } from '../contents/state-dict.ts';
import { formatValue } from './format-value.ts';

const MAX_PATH = 200;
/** A list or call of no more than so many plain values is one value. */
const MAX_INLINE = 64;
/** Where a module keeps what `state_dict()` looks at. */
const REGISTRIES: ReadonlySet<string> = new Set(['_parameters', '_buffers', '_modules']);

/** True for what is said in a line: a name, an empty container, or a few plain values. */
export function isInline(record: PickleRecord): boolean {
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
export function* childrenOf(record: PickleRecord, path: string): Generator<[path: string, child: PickleValue]> {
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
  // Cut before it is joined: a piece of a long text keeps all of it in memory.
  const name = key.slice(0, MAX_PATH + 1);
  return cutPath(path === '' ? name : `${path}.${name}`);
}

/** A name is cut where no net's is as long, so that nested text cannot grow without bound. */
function cutPath(path: string): string {
  return path.length > MAX_PATH ? `${path.slice(0, MAX_PATH - 1)}…` : path;
}
