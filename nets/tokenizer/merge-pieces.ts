/**
 * Byte pair encoding's one idea: of all neighbours in a word, join the two whose merge was learnt first, and again,
 * until no two neighbours have a merge (Sennrich, Haddow and Birch 2016, arXiv:1508.07909). Of equal merges the
 * leftmost goes first.
 *
 * Neighbours wait in a heap, so a word of n letters takes n · log n steps however it is made.
 */
import type { Random } from '../sampling/random.ts';
import { Heap } from './heap.ts';

/** For each pair of pieces that may be joined, by `pairKey`, its place in the list of merges. */
export type MergeRanks = ReadonlyMap<string, number>;

/**
 * BPE-dropout (Provilkov, Emelianenko and Voita 2020, arXiv:1910.13267): at every step each possible merge is passed
 * over with probability `rate`, so that training sees a word cut in many ways. The paper of DALL·E has 0.1.
 */
export interface Dropout {
  /** 0 to 1; at 1 every letter stays alone. */
  readonly rate: number;
  readonly random: Random;
}

interface MergeOptions {
  readonly dropout?: Dropout | undefined;
  /** Called after each merge, with its rank, what was joined, and the pieces there are now. */
  readonly onMerge?: (rank: number, left: string, right: string, pieces: string[]) => void;
}

/** What `MergeRanks` has for two pieces. No piece holds a space. */
export function pairKey(left: string, right: string): string {
  return `${left} ${right}`;
}

interface Candidate {
  readonly rank: number;
  readonly position: number;
  readonly left: string;
  readonly right: string;
}

/** `letters` with all merges done, in order. */
export function mergePieces(letters: readonly string[], ranks: MergeRanks, options: MergeOptions = {}): string[] {
  const { dropout, onMerge } = options;
  // A chain: a piece that was joined to the one before it is left empty, and nothing points to it.
  const pieces = [...letters];
  const next = Int32Array.from(letters, (_, position) => position + 1);
  const previous = Int32Array.from(letters, (_, position) => position - 1);
  const queue = new Heap<Candidate>((a, b) => a.rank < b.rank || (a.rank === b.rank && a.position < b.position));
  const propose = (position: number): void => {
    const [left, right] = [pieces[position], pieces[next[position]!]];
    if (left === undefined || right === undefined) return;
    const rank = ranks.get(pairKey(left, right));
    if (rank !== undefined) queue.push({ rank, position, left, right });
  };

  for (let position = 0; position < letters.length; position++) propose(position);
  let passedOver: Candidate[] = [];
  for (let candidate = queue.pop(); candidate; candidate = queue.pop()) {
    const { rank, position, left, right } = candidate;
    const joined = next[position]!;
    // One of the two may have become part of another piece since.
    if (pieces[position] !== left || pieces[joined] !== right) continue;
    if (dropout && dropout.random.uniform() < dropout.rate) {
      passedOver.push(candidate);
      continue;
    }
    pieces[position] = left + right;
    pieces[joined] = '';
    next[position] = next[joined]!;
    if (next[joined]! < letters.length) previous[next[joined]!] = position;
    propose(previous[position]!);
    propose(position);
    for (const other of passedOver) queue.push(other);
    passedOver = [];
    onMerge?.(rank, left, right, pieces.filter(Boolean));
  }
  return pieces.filter(Boolean);
}
