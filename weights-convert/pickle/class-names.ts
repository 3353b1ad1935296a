/** What Python would call the class of a decoded value: for lists of what is beside the weights. */
import { findAttribute } from './called-names.ts';
import { globalName, isRecord, sequenceItems, type CallRecord, type PickleValue } from './records.ts';

/** Functions that make an instance of what they are given first. */
const MAKERS: ReadonlySet<string> = new Set([
  'copyreg.__newobj__',
  'copyreg.__newobj_ex__',
  'copyreg._reconstructor',
  'numpy.core.multiarray._reconstruct',
  'numpy._core.multiarray._reconstruct',
]);

/** The full name of a value's class; of a function or class itself, its own name. */
export function classNameOf(value: PickleValue): string {
  if (value === null) return 'None';
  if (value instanceof Uint8Array) return 'bytes';
  if (!isRecord(value))
    return typeof value === 'string' ? 'str' : typeof value === 'boolean' ? 'bool' : nameNumber(value);
  switch (value.tag) {
    case 'global':
      return globalName(value)!;
    case 'persistent':
      return 'a stored object';
    case 'call':
      return classOfCall(value);
    default:
      return value.tag;
  }
}

function nameNumber(value: number | bigint): string {
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int' : 'float';
}

function classOfCall(call: CallRecord): string {
  const { callee, args } = call;
  const attribute = findAttribute(call) ?? (isRecord(callee) && callee.tag === 'call' && findAttribute(callee));
  if (attribute) return globalName(attribute)!;
  const name = globalName(callee);
  if (name === undefined) return 'an object of no known class';
  const first = MAKERS.has(name) ? globalName(sequenceItems(args)?.[0]) : undefined;
  return first ?? name;
}
