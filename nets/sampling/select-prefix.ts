/**
 * The first few of many in an order, without sorting them: quickselect (Hoare 1961), where "few" is told by weight, so
 * that top-k (each weighs 1, k are wanted) and top-p (each weighs its probability, p is wanted) are the same search.
 * Pure.
 */

/** Ranges up to this length are sorted. */
const SMALL = 16;

/**
 * Rearranges `items` so that the shortest prefix of their order that weighs at least `target` comes first, in no
 * particular order within, and returns its length; all of them if they weigh less.
 *
 * @param items no two alike
 * @param compare as for `sort`; never 0
 * @param weigh at least 0
 * @param target above 0
 */
export function selectPrefix(
  items: Int32Array,
  compare: (a: number, b: number) => number,
  weigh: (item: number) => number,
  target: number,
): number {
  // The prefix ends within [start, end), and what lies before start leaves `wanted` to weigh.
  let [start, end, wanted] = [0, items.length, target];
  // Each round halves the range or nearly so; values made to be split badly are sorted after all.
  for (let rounds = 4 * Math.log2(items.length + 1); rounds > 0 && end - start > SMALL; rounds--) {
    const pivot = start + partition(items.subarray(start, end), compare);
    let before = 0;
    for (let place = start; place < pivot; place++) before += weigh(items[place]!);
    const through = before + weigh(items[pivot]!);
    if (before >= wanted) end = pivot;
    else if (through >= wanted) return pivot + 1;
    else [start, wanted] = [pivot + 1, wanted - through];
  }
  items.subarray(start, end).sort(compare);
  while (start < end && wanted > 0) wanted -= weigh(items[start++]!);
  return start;
}

/** Moves what comes before a middling item in front of it and the rest behind, and returns its place. */
function partition(items: Int32Array, compare: (a: number, b: number) => number): number {
  const last = items.length - 1;
  const [, median] = [0, last >> 1, last].sort((a, b) => compare(items[a]!, items[b]!));
  swap(items, median!, last);
  let place = 0;
  for (let other = 0; other < last; other++) {
    if (compare(items[other]!, items[last]!) < 0) swap(items, other, place++);
  }
  swap(items, place, last);
  return place;
}

function swap(items: Int32Array, a: number, b: number): void {
  [items[a], items[b]] = [items[b]!, items[a]!];
}
