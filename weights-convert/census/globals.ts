/**
 * Which names a checkpoint may hold, and which give an attack away.
 *
 * The lists are of names that are understood, not of names known to be bad: anything outside them is refused for
 * conversion. Names that can run code are reported as an attempt to do so, though nothing in a pickle can run here.
 */
import { FormatError, UnsafeFileError } from '../../base/errors.ts';
import { FAMILIES } from '../families/all-families.ts';
import { findCodeRunner, type CodeRunner } from '../pickle/code-runners.ts';
import { isHarmlessCall } from '../pickle/harmless-calls.ts';
import { EXTENSION_REGISTRY } from '../pickle/module-names.ts';
import { isRecord, recordChildren, type GlobalRecord, type PickleRecord, type PickleValue } from '../pickle/records.ts';
import { STORAGE_DTYPES, TORCH_DTYPES } from '../torch/dtypes.ts';

/**
 * What need not be called to be of use, and what makes values (harmless-calls.ts) together are the names that are
 * known.
 */
const KNOWN_GLOBALS: ReadonlySet<string> = new Set([
  ...FAMILIES.flatMap(({ form }) => form?.modules?.classes ?? []),
  ...STORAGE_DTYPES.keys(),
  ...TORCH_DTYPES.keys(),
]);

/** What is known of a way to run code, where a name is one: `os.system`, also where it hides behind another module. */
export function findGadget({ module, name }: GlobalRecord): CodeRunner | undefined {
  // A name is looked at before its module: `http.HTTPStatus` is a number.
  if (isHarmlessCall(module, name)) return undefined;
  const direct = findCodeRunner(`${module}.${name}`);
  if (direct) return direct;
  // Protocol 4 names may have dots, and then walk from attribute to attribute: `torch` + `serialization.os.system`.
  const steps = name.split('.');
  if (steps.length === 1) return undefined;
  for (let index = 0, rest = name; index < steps.length; index++, rest = rest.slice(rest.indexOf('.') + 1)) {
    // Modules import others under names of their own: `random._os`.
    const hidden =
      findCodeRunner(rest) ?? findCodeRunner(rest.replace(/^_+/, '')) ?? findCodeRunner(`builtins.${steps[index]}`);
    if (hidden) return hidden;
    if (/^__(?!init__$|new__$)/.test(steps[index]!)) return { name: steps[index]!, sources: 'doc' };
  }
  return undefined;
}

/** What is known of a name: that checkpoints need it, nothing, or that it can run code. */
export type GlobalStatus = 'allowed' | 'unknown' | 'runs code';

export function classifyGlobal(record: GlobalRecord): GlobalStatus {
  if (isHarmlessCall(record.module, record.name)) return 'allowed';
  if (findGadget(record)) return 'runs code';
  return KNOWN_GLOBALS.has(`${record.module}.${record.name}`) ? 'allowed' : 'unknown';
}

/**
 * Refuses a pickle that names a way to run code, before anything else is said about it.
 *
 * @throws UnsafeFileError `E_PICKLE_EXEC_ATTEMPT`
 */
export function refuseGadgets(globals: readonly GlobalRecord[], sourceName: string): void {
  const found = distinctGlobals(globals).filter((record) => findGadget(record));
  if (found.length > 0) throw gadgetError(found, sourceName);
}

/** An error about names that run code. */
export function gadgetError(found: readonly GlobalRecord[], sourceName: string): UnsafeFileError {
  return new UnsafeFileError(
    'E_PICKLE_EXEC_ATTEMPT',
    `openTorchFile: ${sourceName} names ${listNames(found).join(', ')}, a known way to run code on the machine that ` +
      `loads it. Nothing was run: dalle-gl only reads pickles as data. Do not open this file in Python; tell whoever ` +
      `shared it.`,
  );
}

/** An error about names that are called and that nobody here knows. */
export function unknownCallError(found: readonly GlobalRecord[], sourceName: string): FormatError {
  return new FormatError(
    'E_PICKLE_UNKNOWN_CALL',
    `openTorchFile: ${sourceName} calls ${listNames(found).join(', ')}, which dalle-gl does not know. What that would do ` +
      `on the machine that loads the file cannot be told from here. Nothing was run. Open it in Python only if you trust ` +
      `whoever wrote it.`,
  );
}

/**
 * Refuses names that are given by a number of a registry (copyreg's), which only the program that wrote the file has.
 *
 * @throws FormatError `E_PICKLE_OPCODE`
 */
export function refuseExtensions(globals: readonly GlobalRecord[], sourceName: string): void {
  const found = globals.find(({ module }) => module === EXTENSION_REGISTRY);
  if (!found) return;
  throw new FormatError(
    'E_PICKLE_OPCODE',
    `decodePickle: ${sourceName} names a class or function by ${found.name} of a registry (EXT1, EXT2, EXT4) of the ` +
      `program that wrote it, which nobody else has. Save the model's state dict with torch.save and convert that.`,
  );
}

/** One record for each name. */
function distinctGlobals(globals: readonly GlobalRecord[]): GlobalRecord[] {
  const byName = new Map<string, GlobalRecord>();
  for (const record of globals) {
    const name = `${record.module}.${record.name}`;
    if (!byName.has(name)) byName.set(name, record);
  }
  return [...byName.values()];
}

/** Distinct full names, at most 20, shortened for a message. */
function listNames(globals: readonly GlobalRecord[]): string[] {
  const names = new Set(globals.map(({ module, name }) => `${module}.${name}`));
  const listed = [...names].slice(0, 20).map((name) => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100));
  return names.size > 20 ? [...listed, `and ${names.size - 20} more`] : listed;
}

/** First place of each global below `root`: breadth first, so the shortest way to it. Every record is visited once. */
export function locateGlobals(root: PickleValue): Map<string, string> {
  const places = new Map<string, string>();
  const queue: { record: PickleRecord; path: string }[] = isRecord(root) ? [{ record: root, path: 'root' }] : [];
  const seen = new Set<PickleRecord>(queue.map(({ record }) => record));
  for (let next = 0; next < queue.length; next++) {
    const { record, path } = queue[next]!;
    if (record.tag === 'global') {
      const name = `${record.module}.${record.name}`;
      if (!places.has(name)) places.set(name, path);
    }
    for (const [label, child] of recordChildren(record)) {
      if (!isRecord(child) || seen.has(child)) continue;
      seen.add(child);
      queue.push({ record: child, path: path.length > 200 ? path : path + label });
    }
  }
  return places;
}
