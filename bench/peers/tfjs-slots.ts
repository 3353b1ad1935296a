/**
 * Which keys a layer of the TensorFlow.js peer keeps, so that its shapes never change: a bank of slots, the text's keys
 * first, then the newest keys that its mask can reach, oldest first. A new key moves the others up. A column layer has
 * a bank for each column. Pure; masks are ours (ops/attention/mask.ts).
 *
 * Letters: T text positions, W columns, p a place in the image, R slots for image keys.
 */
import { sees } from '../../ops/attention/mask.ts';
import type { Mask } from '../../ops/attention/mask.ts';

/** Added to the score of a slot whose key the query does not see. */
const UNSEEN = -1e9;

export interface Slots {
  /** Banks that take turns. */
  readonly banks: number;
  /** R, even: TensorFlow.js packs 2×2 numbers to a texel. */
  readonly recent: number;
}

export function planSlots(mask: Mask): Slots {
  const [rows, columns] = mask.grid;
  const even = (count: number): number => count + (count % 2);
  switch (mask.kind) {
    case 'full':
      return { banks: 1, recent: even(rows * columns) };
    case 'row':
      return { banks: 1, recent: even(columns + 1) };
    case 'column':
      return { banks: columns, recent: even(rows) };
    case 'conv':
      if (mask.edges !== 'wrap') {
        const half = (mask.kernel - 1) / 2;
        return { banks: 1, recent: even(half * columns + half + 1) };
      }
  }
  throw new Error(`planSlots: masks of kind ${mask.kind} with edges ${mask.edges} are not written for TensorFlow.js.`);
}

/** The bank that the key of place `p` goes to, and in which its query finds what it sees. */
export function bankOf({ banks }: Slots, p: number): number {
  return p % banks;
}

/** What is added to the scores of the query at place `p`: [T + R], 0 or UNSEEN. */
export function slotMask(mask: Mask, { banks, recent }: Slots, p: number): Float32Array {
  return Float32Array.from({ length: mask.text + recent }, (_, slot) => {
    if (slot < mask.text) return 0;
    const key = p - (mask.text + recent - 1 - slot) * banks;
    return key >= 0 && sees(mask, mask.text + p, mask.text + key) ? 0 : UNSEEN;
  });
}
