/**
 * Everything a decoded pickle holds, by name: its tensors, and the values beside them. The walk visits every record
 * once, without recursion, so that neither cycles nor 2^60 references to one list make it long.
 *
 * Names are those of `state_dict()` where the pickle is a state dict or a module: `_parameters`, `_buffers` and
 * `_modules` are no part of the way.
 */
import { FormatError } from '../../base/errors.ts';
import { OPENS_BYTES } from '../census/given-bytes.ts';
import {
  globalName,
  isRecord,
  sequenceItems,
  type CallRecord,
  type PickleRecord,
  type PickleValue,
} from '../pickle/records.ts';
import { moduleClass } from '../contents/state-dict.ts';
import type { StorageTable } from '../torch/storage.ts';
import { interpretTensor, type TensorRecord } from '../torch/tensor-record.ts';
import { BoundedList } from './bounded-list.ts';
import { formatName, formatValue } from './format-value.ts';
import type { InspectedProblem, InspectedValue } from './inspection.ts';
import { childrenOf, isInline } from './record-children.ts';

export interface NamedTensor {
  readonly name: string;
  readonly tensor: TensorRecord;
}

export interface PickleContents {
  readonly tensors: BoundedList<NamedTensor>;
  readonly values: BoundedList<InspectedValue>;
  /** Tensors that cannot be as they are described. */
  readonly problems: BoundedList<InspectedProblem>;
}

const MAX_TENSORS = 10_000;
const MAX_VALUES = 1_000;
const MAX_PROBLEMS = 20;

const ROOT = '(root)';

/** Lists what is below `root`, in the order of the pickle, plain values before what is nested. */
export function listContents(root: PickleValue, storages: StorageTable): PickleContents {
  return new ContentsWalk(storages).run(root);
}

interface Place {
  readonly record: PickleRecord;
  readonly path: string;
}

class ContentsWalk {
  readonly #storages: StorageTable;
  /** What was said of a record, for when it comes again. */
  readonly #seen = new Map<PickleRecord, string>();
  readonly #contents: PickleContents = {
    tensors: new BoundedList(MAX_TENSORS),
    values: new BoundedList(MAX_VALUES),
    problems: new BoundedList(MAX_PROBLEMS),
  };

  constructor(storages: StorageTable) {
    this.#storages = storages;
  }

  run(root: PickleValue): PickleContents {
    const pending = this.#list([['', root]]);
    for (let place = pending.pop(); place; place = pending.pop()) {
      const nested = this.#list(childrenOf(place.record, place.path));
      for (const next of nested) pending.push(next);
    }
    return this.#contents;
  }

  /** Lists plain children and tensors; returns what is nested, the first of them last. */
  #list(children: Iterable<[path: string, child: PickleValue]>): Place[] {
    const nested: Place[] = [];
    for (const [path, child] of children) {
      if (isRecord(child) && !this.#listRecord(path, child)) nested.push({ record: child, path });
      else if (!isRecord(child)) this.#addValue(path, formatValue(child));
    }
    return nested.reverse();
  }

  /** Lists a record; false if it is one to look into. */
  #listRecord(path: string, record: PickleRecord): boolean {
    if (this.#listTensor(path, record)) return true;
    const said = this.#seen.get(record);
    if (said !== undefined) {
      if (said !== '') this.#addValue(path, said);
      return true;
    }
    const isShort = isInline(record);
    const text = isShort ? formatValue(record) : titleOf(record);
    this.#seen.set(record, isShort ? text : `the same object as ${path || ROOT}`);
    if (text !== '') this.#addValue(path, text);
    return isShort;
  }

  #listTensor(path: string, record: PickleRecord): boolean {
    if (isDumped(record)) return false;
    try {
      const tensor = interpretTensor(record, this.#storages);
      if (tensor) this.#contents.tensors.add({ name: path || ROOT, tensor });
      return tensor !== undefined;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#contents.problems.add({ place: formatName(path || ROOT), code: error.code, message: error.message });
      return true;
    }
  }

  #addValue(path: string, text: string): void {
    this.#contents.values.add({ path: formatName(path || ROOT), text });
  }
}

/** A tensor of `pickle.dump`, whose numbers are a file within the pickle: a call like any other here. */
function isDumped(record: PickleRecord): boolean {
  const storage = record.tag === 'call' ? sequenceItems(record.args)?.[0] : undefined;
  return isRecord(storage) && storage.tag === 'call' && globalName(storage.callee) === OPENS_BYTES;
}

/** What stands for a record whose contents are listed below it; empty where their paths say enough. */
function titleOf(record: PickleRecord): string {
  if (record.tag !== 'call') return '';
  const className = moduleClass(record);
  if (className !== undefined) return `module ${className}`;
  return isOrderedDict(record) ? '' : formatValue(record);
}

function isOrderedDict({ callee }: CallRecord): boolean {
  return isRecord(callee) && callee.tag === 'global' && callee.name === 'OrderedDict';
}
