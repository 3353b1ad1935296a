/**
 * What Python would have called for one call of a pickle: the function itself, and those that it is given to call.
 * Names that are only referred to are no calls, and neither is an instance made by NEWOBJ, whose `__init__` does not
 * run.
 */
import { DEFAULT_BUDGETS } from './budgets.ts';
import {
  isRecord,
  globalName,
  sequenceItems,
  type CallRecord,
  type GlobalRecord,
  type PickleRecord,
  type PickleValue,
} from './records.ts';
import type { PickleTrace } from './trace.ts';

/** Function → which of its arguments it calls, now or when it is used. */
const CALLED_ARGUMENTS: ReadonlyMap<string, number> = new Map([
  ['torch._tensor._rebuild_from_type_v2', 0],
  ['collections.defaultdict', 0],
  // Runs the initialiser of the second of its arguments, where that is not `object`.
  ['copyreg._reconstructor', 1],
  // NumPy's generators are given the function that makes their source of bits, or its class.
  ...['numpy.random._pickle', 'numpy.random.mtrand'].flatMap((module): [string, number][] => [
    [`${module}.__bit_generator_ctor`, 0],
    [`${module}.__generator_ctor`, 1],
    [`${module}.__randomstate_ctor`, 1],
  ]),
  ['numpy.random.__RandomState_ctor', 1],
  // They iterate, measure or print what they are given, and so run its methods.
  ...'bool bytearray bytes complex dict float frozenset int list set str tuple'
    .split(' ')
    .map((name): [string, number] => [`builtins.${name}`, 0]),
  ...'Counter OrderedDict UserDict UserList UserString deque'
    .split(' ')
    .map((name): [string, number] => [`collections.${name}`, 0]),
]);

/** Their instances are classes, and to make one runs what its bases and attributes say. */
const METACLASSES: ReadonlySet<string> = new Set(['builtins.type', 'abc.ABCMeta', 'enum.EnumMeta', 'enum.EnumType']);

const GETS_ATTRIBUTE = 'builtins.getattr';

/** Names within names, such as the result of a call that is called: followed so far and no further. */
const MAX_STEPS = 16;
/** Classes within classes; a name of all of them is bounded as one that a pickle writes out. */
const MAX_ATTRIBUTES = 8;

/** What a call of `getattr` comes to, if it is a plain name, and of how many such calls one in the other. */
interface Attribute {
  readonly name: GlobalRecord | undefined;
  readonly levels: number;
}

/**
 * What calls came to, for as long as somebody holds them: a pickle can lead to one call from a million others. Nothing
 * of it is filled in later, since only tuples are looked into.
 */
const ATTRIBUTES = new WeakMap<CallRecord, Attribute>();
const NO_NAME: Attribute = { name: undefined, levels: 0 };

/** The names that Python would have called. */
export function listCalledNames(call: CallRecord): GlobalRecord[] {
  const { by, callee, args } = call;
  const called = findCallable(callee);
  if (!called || findAttribute(call) || isTypeOfNone(called, args)) return [];
  // An instance needs a class that is named; anything else in its place could be called by `__new__`.
  if (by === 'newobj') return isClassName(callee) && !METACLASSES.has(globalName(called) ?? '') ? [] : [called];
  const argument = CALLED_ARGUMENTS.get(globalName(called) ?? '');
  const given = argument === undefined ? undefined : findCallable(sequenceItems(args)?.[argument]);
  return given ? [called, given] : [called];
}

/** How the class of None is written, which has no name. */
function isTypeOfNone(called: GlobalRecord, args: PickleValue): boolean {
  const items = sequenceItems(args);
  return globalName(called) === 'builtins.type' && items?.length === 1 && items[0] === null;
}

/** A name, or a class of torch's legacy container, which stands there with its source text. */
function isClassName(callee: PickleValue): boolean {
  if (!isRecord(callee)) return false;
  return callee.tag === 'global' || callee.tag === 'persistent' || (callee.tag === 'call' && !!findAttribute(callee));
}

/**
 * The name that a call of `getattr` comes to. Protocols before 4 have no names with dots, and write a class within a
 * class, or a function within one, as `getattr(Outer, 'Inner')`.
 *
 * @returns undefined for any other call, and where it is no plain name of something that is named
 */
export function findAttribute(call: CallRecord): GlobalRecord | undefined {
  return followOwners(call).name;
}

function followOwners(call: CallRecord): Attribute {
  if (call.by !== 'reduce' || !isNameOf(call.callee, GETS_ATTRIBUTE)) return NO_NAME;
  const found = ATTRIBUTES.get(call) ?? joinAttribute(call.args);
  ATTRIBUTES.set(call, found);
  return found;
}

function joinAttribute(args: PickleValue): Attribute {
  if (!isRecord(args) || args.tag !== 'tuple' || args.items.length !== 2) return NO_NAME;
  const [owner, step] = args.items;
  if (!isRecord(owner) || typeof step !== 'string' || !/^[A-Za-z_]\w{0,199}$/.test(step)) return NO_NAME;
  const { name: outer, levels } = owner.tag === 'call' ? followOwners(owner) : { name: plainName(owner), levels: 0 };
  if (!outer || levels === MAX_ATTRIBUTES) return NO_NAME;
  const { module, name } = outer;
  if (module.length + name.length + step.length > DEFAULT_BUDGETS.nameCharacters) return NO_NAME;
  return { name: { tag: 'global', module, name: `${name}.${step}` }, levels: levels + 1 };
}

function plainName(owner: PickleRecord): GlobalRecord | undefined {
  return owner.tag === 'global' && !isNameOf(owner, GETS_ATTRIBUTE) ? owner : undefined;
}

/** Compares without joining: a pickle has many calls. */
function isNameOf(value: PickleValue, fullName: string): boolean {
  if (!isRecord(value) || value.tag !== 'global') return false;
  const { module, name } = value;
  return module.length + 1 + name.length === fullName.length && `${module}.${name}` === fullName;
}

/** Every name of a pickle, with what `getattr` comes to in its place, where it is only used for plain names. */
export function listNames({ globals, calls }: PickleTrace): GlobalRecord[] {
  if (!globals.some((record) => isNameOf(record, GETS_ATTRIBUTE))) return [...globals];
  const attributes = calls.flatMap((call) => findAttribute(call) ?? []);
  const getting = calls.flatMap(listCalledNames).filter((name) => globalName(name) === GETS_ATTRIBUTE);
  const isPlain = attributes.length > 0 && getting.length === 0;
  return [...globals.filter((record) => !isPlain || globalName(record) !== GETS_ATTRIBUTE), ...attributes];
}

/**
 * The name behind what is called: for an instance or a result, that of its class or function. Undefined for plain
 * values.
 */
function findCallable(value: PickleValue | undefined): GlobalRecord | undefined {
  let current = value;
  for (let step = 0; step < MAX_STEPS; step++) {
    if (!isRecord(current)) return undefined;
    switch (current.tag) {
      case 'global':
        return current;
      case 'persistent':
        return findPersistentName(current.id);
      case 'call': {
        const attribute = findAttribute(current);
        if (attribute) return attribute;
        current = current.callee;
        break;
      }
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
