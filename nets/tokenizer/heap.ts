/**
 * A binary heap: the entry that comes first is taken out first. Both sides of byte pair encoding need one, merging and
 * training. Pure.
 */

export class Heap<Entry> {
  readonly #entries: Entry[] = [];
  readonly #comesFirst: (a: Entry, b: Entry) => boolean;

  /** @param comesFirst whether `a` has to be taken out before `b`: a strict order */
  constructor(comesFirst: (a: Entry, b: Entry) => boolean) {
    this.#comesFirst = comesFirst;
  }

  push(entry: Entry): void {
    const entries = this.#entries;
    let place = entries.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#comesFirst(entry, entries[parent]!)) break;
      entries[place] = entries[parent]!;
      place = parent;
    }
    entries[place] = entry;
  }

  /** The first entry, which is taken out; undefined when there is none. */
  pop(): Entry | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (entries.length > 0) this.#sink(last!);
    return first;
  }

  #sink(entry: Entry): void {
    const entries = this.#entries;
    let place = 0;
    for (let child = 1; child < entries.length; child = 2 * place + 1) {
      if (child + 1 < entries.length && this.#comesFirst(entries[child + 1]!, entries[child]!)) child++;
      if (!this.#comesFirst(entries[child]!, entry)) break;
      entries[place] = entries[child]!;
      place = child;
    }
    entries[place] = entry;
  }
}
