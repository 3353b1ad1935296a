/**
 * Reads part of a file as pickles, one after another, and says of every byte what it is: of a pickle, zeros between or
 * behind them, or neither. A program may call `pickle.load` again and again on one file, so nothing ends at STOP.
 *
 * Behind a break it goes on where the next pickle seems to begin. Every byte is decoded once, give or take a constant.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { PickleExplanation } from '../inspect/explain-pickle.ts';
import { DEFAULT_BUDGETS } from '../pickle/budgets.ts';
import { findCodeRunner, isFirstPair } from '../pickle/code-runners.ts';
import { decodePickle, type DecodedPickle } from '../pickle/decode-pickle.ts';
import { makeTrace, type PickleTrace } from '../pickle/trace.ts';
import { ByteWindow } from './byte-window.ts';
import { countNames, type FoundPickle } from './found-pickle.ts';
import { hasPickleMark, namesSomething } from './look-like-pickle.ts';

export interface ScanPlan {
  readonly source: ByteSource;
  readonly start: number;
  readonly end: number;
  /** What to call the part; empty for the file itself. */
  readonly place: string;
  readonly explain: boolean;
  /** At most so many; what follows them is left alone. */
  readonly most?: number;
  /** Forget it all if no pickle stands at the start. */
  readonly isGuess?: boolean;
  /** The part begins behind pickles, with data: a pickle may begin anywhere. */
  readonly isRest?: boolean;
  /** Looks at what a pickle held, before it is forgotten. */
  readonly onDecoded?: (trace: PickleTrace, found: FoundPickle) => Promise<void>;
}

export interface Scan {
  readonly pickles: FoundPickle[];
  /** Zeros between and behind the pickles. */
  padding: number;
  /** Bytes that are neither. */
  unexplained: number;
}

/** More than any file has; each costs an object. */
const MAX_PICKLES = 10_000;
/** Places behind a break that are tried. */
const MAX_TRIES = 1_000;
/** Bytes that are searched for the start of another pickle. */
const MAX_SEARCHED = 64 * 1024 * 1024;
/** Names that are looked at more closely in that search. */
const MAX_LOOKS = 100_000;
const FIRST_READ = 256 * 1024;

export async function scanPickles(plan: ScanPlan): Promise<Scan> {
  const { start, end, most = MAX_PICKLES, isGuess = false } = plan;
  const window = new ByteWindow(plan.source, end);
  const scan: Scan = { pickles: [], padding: 0, unexplained: 0 };
  const limit = Math.min(end, start + MAX_SEARCHED);
  const search = { looks: MAX_LOOKS };
  let position = start;
  let tries = 0;
  while (position < end && scan.pickles.length < most) {
    const zeros = await countZeros(window, position, end);
    scan.padding += zeros;
    position += zeros;
    if (position === end) break;
    const attempt = await decodeAt(window, position, plan);
    if (!attempt.decoded && isGuess && position === start && !namesSomething(attempt.trace)) return scan;
    if (attempt.decoded || (position === start && !plan.isRest) || namesSomething(attempt.trace)) {
      const found = describe(plan, position, attempt);
      scan.pickles.push(found);
      await plan.onDecoded?.(attempt.trace, found);
    }
    const behind = position + Math.max(attempt.trace.length, 1);
    const isLost = !attempt.decoded && ++tries > MAX_TRIES;
    const next = attempt.decoded ? behind : isLost ? end : await findStart(window, behind, end, limit, search);
    if (!attempt.decoded) scan.unexplained += next - position;
    position = next;
  }
  if (plan.most === undefined) scan.unexplained += end - position;
  return scan;
}

interface Attempt {
  readonly trace: PickleTrace;
  readonly decoded: DecodedPickle | undefined;
  readonly failure: FormatError | undefined;
  readonly explanation: PickleExplanation | undefined;
}

/**
 * Tries with what is at hand, then with more, up to the budget: a pickle is some kilobytes, the file hundreds of
 * megabytes.
 */
async function decodeAt(window: ByteWindow, position: number, { end, explain }: ScanPlan): Promise<Attempt> {
  for (let length = 1; ; length = Math.max(FIRST_READ, 16 * length)) {
    const most = Math.min(end - position, DEFAULT_BUDGETS.streamBytes);
    const bytes = (await window.from(position, Math.min(length, most))).subarray(0, most);
    const trace = makeTrace();
    const explanation = explain ? new PickleExplanation() : undefined;
    const onStep = explanation && { onStep: explanation.add.bind(explanation) };
    try {
      return { trace, decoded: decodePickle(bytes, { trace, ...onStep }), failure: undefined, explanation };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const isCut = error.code === 'E_PICKLE_TRUNCATED' && bytes.length < most;
      if (!isCut) return { trace, decoded: undefined, failure: error, explanation };
      length = bytes.length;
    }
  }
}

function describe({ start, place }: ScanPlan, position: number, attempt: Attempt): FoundPickle {
  const { trace, failure, explanation } = attempt;
  const at = position === start ? '' : `byte ${position - start}`;
  return {
    place: [place, at].filter((part) => part !== '').join(', '),
    bytes: trace.length,
    names: countNames(trace),
    failure,
    explanation,
  };
}

async function countZeros(window: ByteWindow, position: number, end: number): Promise<number> {
  for (let at = position; at < end;) {
    const bytes = await window.from(at, 1);
    const other = bytes.findIndex((byte) => byte !== 0);
    if (other >= 0) return at + other - position;
    at += bytes.length;
  }
  return end - position;
}

/** Where the next pickle seems to begin: at its mark, or where something that runs code is named. */
async function findStart(
  window: ByteWindow,
  from: number,
  end: number,
  limit: number,
  search: { looks: number },
): Promise<number> {
  for (let at = from; at < limit;) {
    const bytes = await window.from(at, 2 * LONGEST_NAMING);
    const isLast = at + bytes.length >= end;
    const last = Math.min(isLast ? bytes.length : bytes.length - LONGEST_NAMING, limit - at);
    for (let index = 0; index < last; index++) {
      if (hasPickleMark(bytes, index)) return at + index;
      if (mayNameCodeRunner(bytes, index) && search.looks-- > 0 && namesCodeRunner(bytes, index)) return at + index;
    }
    at += last;
  }
  return end;
}

/** No naming of a code runner has more bytes. */
const LONGEST_NAMING = 300;

/**
 * Opcodes that begin a naming, GLOBAL and INST or a text for STACK_GLOBAL, and how far behind them the module stands.
 */
const NAMING_OPCODES: ReadonlyMap<number, number> = new Map(
  Object.entries({ c: 1, i: 1, V: 1, S: 2, '\x8c': 2, U: 2, X: 5, T: 5, '\x8d': 9 }).map(([opcode, distance]) => [
    opcode.charCodeAt(0),
    distance,
  ]),
);

/** True where an opcode stands that may name one, and two letters that some code runner begins with. */
function mayNameCodeRunner(bytes: Uint8Array, at: number): boolean {
  const distance = NAMING_OPCODES.get(bytes[at]!);
  if (distance === undefined || at + distance + 1 >= bytes.length) return false;
  return isFirstPair(bytes[at + distance]!, bytes[at + distance + 1]!);
}

/** True where a code runner is named, whatever stood before. */
function namesCodeRunner(bytes: Uint8Array, at: number): boolean {
  const trace = makeTrace();
  try {
    decodePickle(bytes.subarray(at, at + LONGEST_NAMING), { trace });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  const [first] = trace.globals;
  return first !== undefined && findCodeRunner(`${first.module}.${first.name}`) !== undefined;
}
