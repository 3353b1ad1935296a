/**
 * Byte pair encoding's one idea: of all neighbours in a word, join the two whose merge was learnt first, and again,
 * until no two neighbours have a merge (Sennrich, Haddow and Birch 2016, arXiv:1508.07909). Of equal merges the
 * leftmost goes first.
 *
 * Neighbours wait in a heap, so a word of n letters takes n · log n steps however it is made.
 */
import type { Random } from '../sampling/random.ts';
import { Heap } from './heap.ts';

/** What two neighbours become, and the place of their merge in the list; undefined where they stay two. */
export type FindMerge<Piece> = (
  left: Piece,
  right: Piece,
) => { readonly rank: number; readonly joined: Piece } | undefined;

/**
 * BPE-dropout (Provilkov, Emelianenko and Voita 2020, arXiv:1910.13267): at every step each possible merge is passed
 * over with probability `rate`, so that training sees a word cut in many ways. The paper of DALL·E has 0.1.
 */
export interface Dropout {
  /** 0 to 1; at 1 every letter stays alone. */
  readonly rate: number;
  readonly random: Random;
}

interface MergeOptions<Piece> {
  readonly dropout?: Dropout | undefined;
  /** Called after each merge, with its rank, what was joined, and the pieces there are now. */
  readonly onMerge?: (rank: number, left: Piece, right: Piece, pieces: Piece[]) => void;
}

/** Merges of pieces that are texts, those learnt first in front; of a pair that is there twice the last counts. */
export function findInList(merges: readonly (readonly [left: string, right: string])[]): FindMerge<string> {
  const ranks = new Map(merges.map(([left, right], rank) => [pairKey(left, right), rank]));
  return (left, right) => {
    const rank = ranks.get(pairKey(left, right));
    return rank === undefined ? undefined : { rank, joined: left + right };
  };
}

/** Two pieces as one text. No piece holds a space. */
export function pairKey(left: string, right: string): string {
  return `${left} ${right}`;
}

interface Candidate<Piece> {
  readonly rank: number;
  readonly joined: Piece;
  readonly position: number;
  readonly left: Piece;
  readonly right: Piece;
}

/** `letters` with all merges done, in order. */
export function mergePieces<Piece>(
  letters: readonly Piece[],
  find: FindMerge<Piece>,
  options: MergeOptions<Piece> = {},
): Piece[] {
  const { dropout, onMerge } = options;
  // A chain: a piece that was joined to the one before it is left out, and nothing points to it.
  const pieces: (Piece | undefined)[] = [...letters];
  const listPieces = (): Piece[] => pieces.filter((piece): piece is Piece => piece !== undefined);
  const next = Int32Array.from({ length: letters.length }, (_, position) => position + 1);
  const previous = Int32Array.from({ length: letters.length }, (_, position) => position - 1);
  const queue = new Heap<Candidate<Piece>>((a, b) => a.rank < b.rank || (a.rank === b.rank && a.position < b.position));
  const propose = (position: number): void => {
    const [left, right] = [pieces[position], pieces[next[position]!]];
    if (left === undefined || right === undefined) return;
    const merge = find(left, right);
    if (merge) queue.push({ ...merge, position, left, right });
  };

  for (let position = 0; position < letters.length; position++) propose(position);
  let passedOver: Candidate<Piece>[] = [];
  for (let candidate = queue.pop(); candidate; candidate = queue.pop()) {
    const { rank, joined, position, left, right } = candidate;
    const other = next[position]!;
    // One of the two may have become part of another piece since.
    if (pieces[position] !== left || pieces[other] !== right) continue;
    if (dropout && dropout.random.uniform() < dropout.rate) {
      passedOver.push(candidate);
      continue;
    }
    pieces[position] = joined;
    pieces[other] = undefined;
    next[position] = next[other]!;
    if (next[other]! < letters.length) previous[next[other]!] = position;
    propose(previous[position]!);
    propose(position);
    for (const passed of passedOver) queue.push(passed);
    passedOver = [];
    onMerge?.(rank, left, right, listPieces());
  }
  return listPieces();
}
