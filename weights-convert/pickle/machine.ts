/**
 * The state of the pickle machine: a stack with marks, and a memo. It builds records and calls nothing.
 *
 * Follows CPython's `pickle.py`, minus everything that imports, constructs or calls. Opcodes (opcodes.ts) are written
 * in terms of the methods here, which do all checking: underflow, marks, memo, budgets, and the kind of what is filled.
 */
import { FormatError } from '../../base/errors.ts';
import { checkBudget, type PickleBudgets } from './budgets.ts';
import { PickleCursor } from './cursor.ts';
import { EXTENSION_REGISTRY, modernModule } from './module-names.ts';
import {
  globalName,
  isRecord,
  sequenceItems,
  type CallRecord,
  type GlobalRecord,
  type PersistentRecord,
  type PickleRecord,
  type PickleValue,
} from './records.ts';
import type { PickleTrace } from './trace.ts';

/** Also those that are not read: of complex and quantised numbers. */
const STORAGE_CLASS = /^torch\.(cuda\.|storage\.)?_?[A-Za-z0-9]*Storage(Base)?$/;

export class PickleMachine {
  readonly cursor: PickleCursor;
  readonly budgets: PickleBudgets;
  /** What the stream named and called, in order, also when decoding fails later: the caller's. */
  readonly trace: PickleTrace;
  readonly persistents: PersistentRecord[] = [];
  /** Set by STOP. */
  result: PickleValue | undefined = undefined;
  /** Offset and name of the opcode that runs, for messages. */
  offset = 0;
  opcode = '';
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo: PickleValue[] = [];
  #memoCount = 0;

  constructor(bytes: Uint8Array, budgets: PickleBudgets, trace: PickleTrace) {
    this.cursor = new PickleCursor(bytes, budgets);
    this.budgets = budgets;
    this.trace = trace;
  }

  push(value: PickleValue): void {
    checkBudget(this.budgets, 'stackValues', this.#stack.length + 1, this.offset);
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  /** How many values are on the stack. */
  get depth(): number {
    return this.#stack.length;
  }

  /** The last value; undefined if there is none above the last mark. */
  peek(): PickleValue | undefined {
    return this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.at(-1) : undefined;
  }

  /** The last value, which stays on the stack. Values below the last mark are out of reach. */
  top(): PickleValue {
    const value = this.peek();
    if (value === undefined) throw this.error('E_PICKLE_UNDERFLOW', 'finds an empty stack');
    return value;
  }

  mark(): void {
    checkBudget(this.budgets, 'stackValues', this.#stack.length + this.#marks.length + 1, this.offset);
    this.#marks.push(this.#stack.length);
  }

  /** Everything above the last mark, which goes too. */
  popMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.error('E_PICKLE_UNDERFLOW', 'finds no mark');
    return this.#stack.splice(mark);
  }

  /** POP's second meaning: with nothing above the last mark, it is the mark that goes. */
  popValueOrMark(): void {
    if (this.#marks.length > 0 && this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  memoize(index: number): void {
    checkBudget(this.budgets, 'memoIndex', index, this.offset);
    const value = this.top();
    if (this.#memo[index] === undefined) this.#memoCount++;
    this.#memo[index] = value;
  }

  /** MEMOIZE: its index is the number of entries so far. */
  memoizeNext(): void {
    this.memoize(this.#memoCount);
  }

  recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) throw this.error('E_PICKLE_MEMO', `recalls memo entry ${index}, which was never stored`);
    this.push(value);
  }

  pushTuple(items: PickleValue[]): void {
    this.push({ tag: 'tuple', items, depth: this.#depthOf(items) });
  }

  pushList(items: PickleValue[]): void {
    this.push({ tag: 'list', items, depth: this.#depthOf(items) });
  }

  pushSet(items: PickleValue[]): void {
    this.push({ tag: 'set', items, depth: this.#depthOf(items) });
  }

  /** A dict of alternating keys and values. */
  pushDict(keysAndValues: PickleValue[]): void {
    this.push({ tag: 'dict', entries: [], depth: 0 });
    this.assign(keysAndValues);
  }

  pushGlobal(module: string, name: string): void {
    // One long text can be named thousands of times, and every name is looked at.
    checkBudget(this.budgets, 'nameCharacters', module.length + name.length, this.offset);
    const record: GlobalRecord = { tag: 'global', module: modernModule(module), name };
    this.trace.globals.push(record);
    this.push(record);
  }

  /** A name by its number in a registry of the program that loads the file: nobody here knows it. */
  pushExtension(code: number): void {
    this.pushGlobal(EXTENSION_REGISTRY, `code ${code}`);
  }

  pushCall(by: CallRecord['by'], callee: PickleValue, args: PickleValue): void {
    this.push(this.#noteCall(by, callee, args));
  }

  #noteCall(by: CallRecord['by'], callee: PickleValue, args: PickleValue): CallRecord {
    const depth = this.#depthOf([callee, args]);
    const record: CallRecord = { tag: 'call', by, callee, args, items: [], entries: [], depth };
    this.trace.calls.push(record);
    return record;
  }

  pushPersistent(id: PickleValue): void {
    const record: PersistentRecord = { tag: 'persistent', id };
    this.persistents.push(record);
    this.push(record);
    // Versions of PyTorch before 1.10 call the class of a storage, whatever it is.
    const [kind, storageClass] = sequenceItems(id) ?? [];
    if (kind === 'storage' && isRecord(storageClass) && !STORAGE_CLASS.test(globalName(storageClass) ?? ''))
      this.#noteCall('reduce', storageClass, id);
  }

  /** APPEND, APPENDS and ADDITEMS: adds to the list, set or call on top. */
  append(items: readonly PickleValue[], kinds: readonly ('list' | 'set' | 'call')[]): void {
    const target = this.#target(kinds);
    this.#deepen(target, items);
    for (const item of items) target.items.push(item);
  }

  /** SETITEM and SETITEMS: assigns to the dict or call on top. */
  assign(keysAndValues: readonly PickleValue[]): void {
    const target = this.#target(['dict', 'call']);
    if (keysAndValues.length % 2) throw this.error('E_PICKLE_TYPE', 'has a key without a value');
    checkBudget(this.budgets, 'dictEntries', target.entries.length + keysAndValues.length / 2, this.offset);
    this.#deepen(target, keysAndValues);
    for (let i = 0; i < keysAndValues.length; i += 2) target.entries.push([keysAndValues[i]!, keysAndValues[i + 1]!]);
  }

  /** BUILD: gives the instance on top its state. */
  build(state: PickleValue): void {
    const target = this.#target(['call']);
    if (target.state !== undefined) throw this.error('E_PICKLE_TYPE', 'gives an object its state a second time');
    this.#deepen(target, [state]);
    target.state = state;
  }

  error(code: string, what: string): FormatError {
    return new FormatError(
      code,
      `decodePickle: ${this.opcode} at byte ${this.offset} ${what}. No pickler writes this: the file is damaged, or was ` +
        `made to mislead; fetch it again from its origin.`,
    );
  }

  #target<Kind extends PickleRecord['tag']>(kinds: readonly Kind[]): Extract<PickleRecord, { tag: Kind }> {
    const target = this.top();
    if (isRecord(target) && (kinds as readonly string[]).includes(target.tag)) {
      return target as Extract<PickleRecord, { tag: Kind }>;
    }
    // Not refused before it is noted: Python would call a method of it, or set its attributes.
    if (isRecord(target) && target.tag === 'global') this.#noteCall('reduce', target, null);
    const found = isRecord(target) ? `a ${target.tag}` : 'a plain value';
    throw this.error('E_PICKLE_TYPE', `wants a ${kinds.join(' or ')} and finds ${found}`);
  }

  #deepen(target: { depth: number }, items: readonly PickleValue[]): void {
    target.depth = Math.max(target.depth, this.#depthOf(items));
  }

  /** One more than the deepest item; checked, since this is where nesting grows. */
  #depthOf(items: readonly PickleValue[]): number {
    let deepest = 0;
    for (const item of items) if (isRecord(item) && 'depth' in item && item.depth > deepest) deepest = item.depth;
    checkBudget(this.budgets, 'nesting', deepest + 1, this.offset);
    return deepest + 1;
  }
}
