/**
 * The tensors of a pickled module by name, as PyTorch's `state_dict()` would name them: by walking `_modules` depth
 * first and taking each module's `_parameters` and `_buffers`.
 */
import { FormatError } from '../../base/errors.ts';
import { globalName, isRecord, sequenceItems, stringEntries, type PickleValue } from '../pickle/records.ts';
import type { StorageTable } from '../torch/storage.ts';
import { interpretTensor, type TensorRecord } from '../torch/tensor-record.ts';

/** A pickled `nn.Module`, before anything is known about it. */
export interface ModuleRecord extends ModuleContents {
  /** Dotted way from the root; empty for the root itself. */
  readonly path: string;
}

interface ModuleContents {
  /** Its class, such as `torch.nn.modules.activation.ReLU`. */
  readonly className: string;
  /** Everything in its `__dict__`. */
  readonly attributes: ReadonlyMap<string, PickleValue>;
  /** Its parameters, then its buffers. */
  readonly tensors: readonly Named[];
  readonly children: readonly Named[];
}

type Named = readonly [name: string, value: PickleValue];

/** Modules can be shared, so a small file can describe a forest of them; no net comes near these. */
const MAX_MODULES = 10_000;
const MAX_TENSORS = 100_000;
const MAX_PATH = 1_000;

/** The class of a pickled module; undefined for any other value. */
export function moduleClass(value: PickleValue | undefined): string | undefined {
  if (!isRecord(value) || value.tag !== 'call') return undefined;
  const { callee, state } = value;
  if (!isRecord(state) || state.tag !== 'dict' || !state.entries.some(([key]) => key === '_modules')) return undefined;
  if (!isRecord(callee) || callee.tag !== 'persistent') return globalName(callee);
  // The legacy container keeps a class with its source text: ('module', class, file, text). The text is ignored.
  const items = sequenceItems(callee.id);
  return items?.[0] === 'module' ? globalName(items[1]) : undefined;
}

/**
 * All modules below and with `root`, depth first in the order of registration.
 *
 * @throws FormatError `E_PICKLE_LIMIT` for a forest that is too large or deep, `E_ARCHITECTURE` for a child that is
 *   none
 */
export function listModules(root: PickleValue): ModuleRecord[] {
  const modules: ModuleRecord[] = [];
  // Read once, however often a module is met: one that is shared may be large.
  const known = new Map<PickleValue, ModuleContents>();
  const pending: { value: PickleValue; path: string }[] = [{ value: root, path: '' }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, path } = next;
    const contents = known.get(value) ?? readModule(value, path);
    known.set(value, contents);
    modules.push({ path, ...contents });
    const { children } = contents;
    if (modules.length + pending.length + children.length > MAX_MODULES) throw limitError(`${MAX_MODULES} modules`);
    // Pushed in reverse, so that they are popped in order.
    for (const [name, child] of [...children].reverse()) pending.push({ value: child, path: joinPath(path, name) });
  }
  return modules;
}

function readModule(value: PickleValue, path: string): ModuleContents {
  const className = moduleClass(value);
  if (className === undefined || !isRecord(value) || value.tag !== 'call') {
    throw new FormatError(
      'E_ARCHITECTURE',
      `listModules: ${path.slice(0, 200)} is registered as a module and is none. ` +
        `The file is damaged, or was not made by torch.save; fetch it again.`,
    );
  }
  const attributes = stringEntries(value.state)!;
  const registered = (name: string): Named[] =>
    [...(stringEntries(attributes.get(name)) ?? [])].filter(([, item]) => item !== null);
  const tensors = [...registered('_parameters'), ...registered('_buffers')];
  return { className, attributes, tensors, children: registered('_modules') };
}

/**
 * The tensors that modules own, in state-dict order; buffers that are not saved with the state are left out.
 *
 * @throws FormatError `E_PICKLE_LIMIT` for more of them than any net has, and as `interpretTensor`
 */
export function collectModuleTensors(
  modules: readonly ModuleRecord[],
  storages: StorageTable,
): Map<string, TensorRecord> {
  const tensors = new Map<string, TensorRecord>();
  for (const { path, tensors: own } of modules) {
    for (const [name, value] of own) {
      if (tensors.size === MAX_TENSORS) throw limitError(`${MAX_TENSORS} tensors`);
      const full = joinPath(path, name);
      tensors.set(full, requireTensor(value, full, storages));
    }
  }
  return tensors;
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

/** Bounded, since every tensor below a long path has a name as long. */
function joinPath(path: string, name: string): string {
  if (path.length + name.length > MAX_PATH) throw limitError(`${MAX_PATH} characters in a name`);
  return path === '' ? name : `${path}.${name}`;
}

function limitError(limit: string): FormatError {
  return new FormatError(
    'E_PICKLE_LIMIT',
    `listModules: the modules come to more than ${limit}. No net comes near that: the file is damaged, or made to ` +
      `exhaust memory.`,
  );
}
