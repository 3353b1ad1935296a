/** A list that counts what no longer fits: what a file says may be long, and what is kept of it is not. */
import type { Bounded } from './inspection.ts';

export class BoundedList<Item> implements Bounded<Item> {
  readonly items: Item[] = [];
  leftOut = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(item: Item): void {
    if (this.items.length < this.#limit) this.items.push(item);
    else this.leftOut++;
  }
}
