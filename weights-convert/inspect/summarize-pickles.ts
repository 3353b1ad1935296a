/** What all pickles of a file name and call, as lists for a report, and where the bytes are that are none of them. */
import { judgeUse } from '../census/judge-census.ts';
import type { FoundPickle, NameUse } from '../census/found-pickle.ts';
import type { Census } from '../census/take-census.ts';
import { findGadget, type GlobalStatus } from '../census/globals.ts';
import { BoundedList } from './bounded-list.ts';
import { formatName } from './format-value.ts';
import type { InspectedGlobal, InspectedPickle, Inspection } from './inspection.ts';

export type PickleSummary = Pick<Inspection, 'pickles' | 'globals' | 'calls' | 'trailing'>;

const MAX_GLOBALS = 1_000;
const MAX_PICKLES = 1_000;

/** @param places the first place of each name in the object that the file is there for */
export function summarizePickles(census: Census, places: ReadonlyMap<string, string>): PickleSummary {
  const globals = summarizeGlobals(census.pickles, places);
  const pickles = new BoundedList<InspectedPickle>(MAX_PICKLES);
  for (const { place, bytes, failure } of census.pickles) {
    pickles.add({ place: formatName(place), bytes, isWhole: failure === undefined });
  }
  const namesOf = (keep: (global: InspectedGlobal) => boolean): string[] =>
    globals.items.filter((global) => global.calls > 0 && keep(global)).map(({ name }) => name);
  return {
    pickles,
    globals,
    calls: {
      known: namesOf(({ status }) => status === 'allowed'),
      unknown: namesOf(({ status }) => status === 'unknown'),
      runCode: namesOf(({ status }) => status === 'runs code'),
    },
    trailing: { padding: census.padding, other: census.unexplained },
  };
}

interface Summed {
  readonly use: NameUse;
  readonly place: string;
  readonly status: GlobalStatus;
  count: number;
  calls: number;
}

const ORDER: readonly GlobalStatus[] = ['runs code', 'unknown', 'allowed'];

/**
 * Distinct names in the order of their first use; those that run code come first, whatever the bound, then unknown
 * calls.
 */
function summarizeGlobals(
  pickles: readonly FoundPickle[],
  places: ReadonlyMap<string, string>,
): BoundedList<InspectedGlobal> {
  const summed = new Map<string, Summed>();
  for (const pickle of pickles) {
    for (const [name, use] of pickle.names) {
      const status = judgeUse(use);
      // A name may be answered for in one pickle and not in another.
      const key = `${status} ${name}`;
      const known = summed.get(key) ?? { use, place: pickle.place, status, count: 0, calls: 0 };
      known.count += use.count;
      known.calls += use.calls;
      summed.set(key, known);
    }
  }
  const rank = ({ status, calls }: Summed): number => 2 * ORDER.indexOf(status) + (calls > 0 ? 0 : 1);
  const isOnly = pickles.length === 1;
  const list = new BoundedList<InspectedGlobal>(MAX_GLOBALS);
  for (const { use, place, status, count, calls } of [...summed.values()].sort((a, b) => rank(a) - rank(b))) {
    const name = `${use.record.module}.${use.record.name}`;
    const inRoot = places.get(name);
    list.add({
      name: formatName(name),
      status,
      count,
      calls,
      place: inRoot !== undefined ? formatName(inRoot) : isOnly || place === '' ? null : formatName(place),
      source: status === 'runs code' ? (findGadget(use.record)?.sources ?? null) : null,
    });
  }
  return list;
}
