/**
 * The tensors of a saved object by name, as PyTorch's `state_dict()` would name them: from a pickled module, by walking
 * `_modules` depth first and taking each module's `_parameters` and `_buffers`, or from a state dict as it is.
 */
import { FormatError } from '../errors.ts';
import { globalName, isRecord, sequenceItems, stringEntries, type PickleValue } from './pickle/records.ts';
import type { StorageTable } from './torch/storage.ts';
import { interpretTensor, type TensorRecord } from './torch/tensor-record.ts';

/** A pickled `nn.Module`, before anything is known about it. */
export interface ModuleRecord {
  /** Dotted way from the root; empty for the root itself. */
  readonly path: string;
  /** Its class, such as `torch.nn.modules.activation.ReLU`. */
  readonly className: string;
  /** Everything in its `__dict__`. */
  readonly attributes: ReadonlyMap<string, PickleValue>;
}

/** Modules can be shared, so a small file can describe a forest of them; no net comes near these. */
const MAX_MODULES = 100_000;
const MAX_DEPTH = 100;

/** The class of a pickled module; undefined for any other value. */
export function moduleClass(value: PickleValue | undefined): string | undefined {
  if (!isRecord(value) || value.tag !== 'call' || !stringEntries(value.state)?.has('_modules')) return undefined;
  const { callee } = value;
  if (!isRecord(callee) || callee.tag !== 'persistent') return globalName(callee);
  // The legacy container keeps a class with its source text: ('module', class, file, text). The text is ignored.
  const items = sequenceItems(callee.id);
  return items?.[0] === 'module' ? globalName(items[1]) : undefined;
}

/**
 * All modules below and with `root`, depth first in the order of registration.
 *
 * @throws FormatError `E_PICKLE_LIMIT` for a forest that is too large or deep, `E_ARCHITECTURE` for a child that is none
 */
export function listModules(root: PickleValue): ModuleRecord[] {
  const modules: ModuleRecord[] = [];
  const pending: { value: PickleValue; path: string; depth: number }[] = [{ value: root, path: '', depth: 0 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, path, depth } = next;
    const className = moduleClass(value);
    if (className === undefined || !isRecord(value) || value.tag !== 'call') {
      throw new FormatError(
        'E_ARCHITECTURE',
        `listModules: ${path.slice(0, 200)} is registered as a module and is none. ` +
          `The file is damaged, or was not made by torch.save; fetch it again.`,
      );
    }
    const attributes = stringEntries(value.state)!;
    modules.push({ path, className, attributes });
    const children = [...(stringEntries(attributes.get('_modules')) ?? [])].filter(([, child]) => child !== null);
    if (modules.length + pending.length + children.length > MAX_MODULES || depth > MAX_DEPTH) {
      throw new FormatError(
        'E_PICKLE_LIMIT',
        `listModules: more than ${MAX_MODULES} modules, or ${MAX_DEPTH} within each ` +
          `other. No net comes near that: the file is damaged, or made to exhaust memory.`,
      );
    }
    // Pushed in reverse, so that they are popped in order.
    for (const [name, child] of children.reverse()) {
      pending.push({ value: child, path: joinPath(path, name), depth: depth + 1 });
    }
  }
  return modules;
}

/** The tensors that modules own, in state-dict order; buffers that are not saved with the state are left out. */
export function collectModuleTensors(
  modules: readonly ModuleRecord[],
  storages: StorageTable,
): Map<string, TensorRecord> {
  const tensors = new Map<string, TensorRecord>();
  for (const { path, attributes } of modules) {
    for (const registry of ['_parameters', '_buffers']) {
      for (const [name, value] of stringEntries(attributes.get(registry)) ?? []) {
        if (value === null) continue;
        tensors.set(joinPath(path, name), requireTensor(value, joinPath(path, name), storages));
      }
    }
  }
  return tensors;
}

/**
 * The tensors of a plain state dict; undefined if `root` is something else.
 */
export function collectStateDict(root: PickleValue, storages: StorageTable): Map<string, TensorRecord> | undefined {
  const entries = stringEntries(root);
  if (!entries || entries.size === 0) return undefined;
  const tensors = new Map<string, TensorRecord>();
  for (const [name, value] of entries) {
    const tensor = interpretTensor(value, storages);
    if (!tensor) return undefined;
    tensors.set(name, tensor);
  }
  return tensors;
}

/** Where programs put a state dict, beside what else they save. */
const STATE_DICT_KEYS: readonly string[] = ['state_dict', 'weights', 'model', 'module'];

/** The tensors of a state dict, alone or in a dictionary of other things; undefined if there is none. */
export function findStateDict(root: PickleValue, storages: StorageTable): Map<string, TensorRecord> | undefined {
  const alone = collectStateDict(root, storages);
  if (alone) return alone;
  const entries = stringEntries(root);
  for (const key of STATE_DICT_KEYS) {
    const value = entries?.get(key);
    const tensors = value === undefined ? undefined : collectStateDict(value, storages);
    if (tensors) return tensors;
  }
  return undefined;
}

function requireTensor(value: PickleValue, name: string, storages: StorageTable): TensorRecord {
  const tensor = interpretTensor(value, storages);
  if (tensor) return tensor;
  throw new FormatError(
    'E_ARCHITECTURE',
    `collectModuleTensors: ${name.slice(0, 200)} is registered as a parameter and is no ` +
      `tensor. The file is damaged, or was not made by torch.save; fetch it again.`,
  );
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
