/** What is noted of a pickle while it is read, so that it is known even if reading then fails. */
import type { CallRecord, GlobalRecord } from './records.ts';

/** What a pickle names and calls, whether or not it is still there at the end. */
export interface PickleTrace {
  /** Every naming of a global, in the order of the stream. */
  readonly globals: GlobalRecord[];
  /** Every call and construction. */
  readonly calls: CallRecord[];
  /** Bytes that were read, of a pickle that breaks: up to where it does. */
  length: number;
}

export function makeTrace(): PickleTrace {
  return { globals: [], calls: [], length: 0 };
}
