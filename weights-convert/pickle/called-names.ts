/**
 * What Python would have called for one call of a pickle: the function itself, and those that it is given to call. Names
 * that are only referred to are no calls, and neither is an instance made by NEWOBJ, whose `__init__` does not run.
 */
import {
  isRecord,
  globalName,
  sequenceItems,
  type CallRecord,
  type GlobalRecord,
  type PickleValue,
} from './records.ts';

/** Function → which of its arguments it calls, now or when it is used. */
const CALLED_ARGUMENTS: ReadonlyMap<string, number> = new Map([
  ['torch._tensor._rebuild_from_type_v2', 0],
  ['collections.defaultdict', 0],
  // Runs the initialiser of the second of its arguments, where that is not `object`.
  ['copyreg._reconstructor', 1],
]);

/** Names within names, such as the result of a call that is called: followed so far and no further. */
const MAX_STEPS = 100;

/** The names that Python would have called. */
export function listCalledNames({ by, callee, args }: CallRecord): GlobalRecord[] {
  const called = findCallable(callee);
  if (!called) return [];
  // An instance needs a class that is named; anything else in its place could be called by `__new__`.
  if (by === 'newobj') return isClassName(callee) ? [] : [called];
  const argument = CALLED_ARGUMENTS.get(globalName(called) ?? '');
  const given = argument === undefined ? undefined : findCallable(sequenceItems(args)?.[argument]);
  return given ? [called, given] : [called];
}

/** A name, or a class of torch's legacy container, which stands there with its source text. */
function isClassName(callee: PickleValue): boolean {
  return isRecord(callee) && (callee.tag === 'global' || callee.tag === 'persistent');
}

/** The name behind what is called: for an instance or a result, that of its class or function. Undefined for plain values. */
function findCallable(value: PickleValue | undefined): GlobalRecord | undefined {
  let current = value;
  for (let step = 0; step < MAX_STEPS; step++) {
    if (!isRecord(current)) return undefined;
    switch (current.tag) {
      case 'global':
        return current;
      case 'persistent':
        return findPersistentName(current.id);
      case 'call':
        current = current.callee;
        break;
      default:
        return undefined;
    }
  }
  return { tag: 'global', module: '(nested calls)', name: 'unknown' };
}

function findPersistentName(id: PickleValue): GlobalRecord {
  const items = sequenceItems(id);
  const named = items?.[0] === 'module' ? items[1] : undefined;
  if (isRecord(named) && named.tag === 'global') return named;
  return { tag: 'global', module: '(persistent id)', name: 'unknown' };
}
