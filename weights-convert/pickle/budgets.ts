/**
 * How much a pickle may ask for. Every limit is checked before anything is allocated for it, so that no file can make
 * the decoder hang or swell: work and memory stay proportional to the bytes that are really there.
 */
import { FormatError } from '../../base/errors.ts';

export interface PickleBudgets {
  /** Bytes of one pickle stream. */
  readonly streamBytes: number;
  /** Opcodes executed; also bounds the number of records and of items in them. */
  readonly opcodes: number;
  /** Values on the stack at once. */
  readonly stackValues: number;
  /** Largest memo index, and so the number of memo entries. */
  readonly memoIndex: number;
  /** Containers within containers. */
  readonly nesting: number;
  /** Bytes of one string. */
  readonly stringBytes: number;
  /** Characters of a module and a name in it. */
  readonly nameCharacters: number;
  /** Bytes of one integer. */
  readonly integerBytes: number;
  /** Entries of one dict. */
  readonly dictEntries: number;
}

/** Far above what any checkpoint needs; a decoder at all these limits stays under a few hundred megabytes. */
export const DEFAULT_BUDGETS: PickleBudgets = {
  streamBytes: 64 * 1024 * 1024,
  opcodes: 5_000_000,
  stackValues: 1_000_000,
  memoIndex: 2 ** 20,
  nesting: 2_000,
  stringBytes: 16 * 1024 * 1024,
  nameCharacters: 500,
  integerBytes: 64,
  dictEntries: 1_000_000,
};

/** Throws `E_PICKLE_LIMIT` if `wanted` exceeds a budget. */
export function checkBudget(budgets: PickleBudgets, budget: keyof PickleBudgets, wanted: number, offset: number): void {
  if (wanted <= budgets[budget]) return;
  throw new FormatError(
    'E_PICKLE_LIMIT',
    `decodePickle: at byte ${offset} the pickle asks for ${wanted} ${LABELS[budget]}; at most ${budgets[budget]} are ` +
      `allowed. No checkpoint comes near this limit: the file is damaged, or made to exhaust memory.`,
  );
}

const LABELS: Record<keyof PickleBudgets, string> = {
  streamBytes: 'bytes of pickle',
  opcodes: 'opcodes',
  stackValues: 'values on the stack',
  memoIndex: 'as a memo index',
  nesting: 'levels of nesting',
  stringBytes: 'bytes in one string',
  nameCharacters: 'characters in the name of a class or function',
  integerBytes: 'bytes in one integer',
  dictEntries: 'entries in one dict',
};
