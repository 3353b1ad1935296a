/** What is kept of a pickle once it was read: its names and how it uses them, not its values. */
import type { FormatError } from '../../base/errors.ts';
import type { PickleExplanation } from '../inspect/explain-pickle.ts';
import { listCalledNames, listNames } from '../pickle/called-names.ts';
import type { PickleTrace } from '../pickle/trace.ts';
import type { GlobalRecord } from '../pickle/records.ts';

/** A name in a pickle. */
export interface NameUse {
  readonly record: GlobalRecord;
  /** How often it is named. */
  count: number;
  /** How often Python would have called it. */
  calls: number;
  /** True for a call that only opens bytes of the same file, all of which were looked at (nested-files.ts). */
  isAnswered: boolean;
}

export interface FoundPickle {
  /** Where it lies: empty for the first of the file, else an entry, a byte, or what it is given to. */
  readonly place: string;
  readonly bytes: number;
  /** By `module.name`. */
  readonly names: ReadonlyMap<string, NameUse>;
  /** Why it breaks off. */
  readonly failure: FormatError | undefined;
  readonly explanation: PickleExplanation | undefined;
}

/** Counts what a pickle names and calls. */
export function countNames(trace: PickleTrace): Map<string, NameUse> {
  const names = new Map<string, NameUse>();
  const use = (record: GlobalRecord): NameUse => {
    const key = `${record.module}.${record.name}`;
    const known = names.get(key) ?? { record, count: 0, calls: 0, isAnswered: false };
    names.set(key, known);
    return known;
  };
  for (const record of listNames(trace)) use(record).count++;
  for (const call of trace.calls) for (const record of listCalledNames(call)) use(record).calls++;
  return names;
}
