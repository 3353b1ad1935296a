/**
 * A net at its place in a file: its architecture, and its tensors by its own names. What of the same dictionary is not
 * the net's is left out where that changes nothing, and else stays, to be found one too many.
 */
import { FormatError } from '../../base/errors.ts';
import { listShapes, type Shapes } from '../contents/shapes.ts';
import { checkTensors, isWholeNumber } from '../check-tensors.ts';
import { AskedShapes } from './asked-shapes.ts';
import type { FileContents, FileModule, FileTensor } from '../contents/file-tensors.ts';
import type { CheckpointForm, ModuleForm } from './family.ts';
import type { Site, UnwrappedTensor } from './find-sites.ts';
import { nameError, type ReadableFile } from '../contents/find-tensors.ts';
import { unknownNet, type FoundNet, type SearchedFile } from './found-net.ts';
import { expectedNetTensors, type NetArchitecture } from '../../nets/net-kinds.ts';
import { formatName } from '../inspect/format-value.ts';
import { refusePartitioned } from './partitioned.ts';
import type { PickleValue } from '../pickle/records.ts';
import { recogniseNet } from './recognise-net.ts';
import { collectModuleTensors, listModules } from '../contents/state-dict.ts';
import { listWrappers, unwrapName } from '../contents/tensor-names.ts';
import type { LeftOut, TakenOff, TensorData } from '../../nets/weights.ts';

/** A net, and what of the file it accounts for. */
export interface OpenedSite {
  readonly net: FoundNet;
  /** Tensors that it took or left out with a reason. */
  readonly accounted: readonly FileTensor[];
  /** Ways to the dictionary or module it came from. */
  readonly containers: readonly string[];
  /** Ways to the values that said what it is. */
  readonly settings: readonly string[];
}

/**
 * A pickled module of a class that is a net's.
 *
 * @throws FormatError as `listModules`, `checkTensors` and the family's form of modules
 */
export function openModuleSite(
  module: FileModule,
  form: ModuleForm,
  file: ReadableFile,
  searched: SearchedFile,
): OpenedSite {
  const modules = listModules(module.value);
  const architecture = form.readArchitecture(modules);
  const tensors = new Map<string, TensorData>();
  for (const [name, record] of collectModuleTensors(modules, file.storages)) {
    const { shape, dtype } = record;
    const own = module.path === '' ? {} : { nameInFile: `${module.path}.${name}` };
    const read = { read: () => file.readTensor(record), readBlocks: () => file.readTensorBlocks(record) };
    tensors.set(name, { shape, dtype, ...own, ...read });
  }
  refusePartitioned(listShapes(tensors), searched);
  // Wrong tensors say more than the wrong modules behind them.
  checkTensors(architecture, tensors, searched.name);
  form.check(architecture, modules);
  return { net: { architecture, tensors }, accounted: [], containers: [module.path], settings: [] };
}

/** A place among all tensors of a file. */
interface TensorSite extends Pick<FileContents, 'dictionaries' | 'foreignKeys'> {
  readonly site: Site;
  readonly chosen: readonly Site[];
  readonly sites: readonly Site[];
  readonly tensors: readonly UnwrappedTensor[];
}

/**
 * Tensors under a prefix.
 *
 * @throws FormatError `E_ARCHITECTURE`, `E_KEYS_EXTRA`, `E_NET_UNSUPPORTED`, `E_TENSOR_DTYPE`,
 *   `E_WEIGHTS_PARTITIONED`
 */
export async function openTensorSite(place: TensorSite, searched: SearchedFile): Promise<OpenedSite> {
  const { site, foreignKeys } = place;
  refuseForeignKey(foreignKeys.get(site.container), site, searched);
  const named = nameOwn(place);
  const own = site.form.regroup?.(named) ?? named;
  refusePartitioned(new AskedShapes(own), searched);
  const { settings, architecture } = await readArchitecture(place, own, searched);
  const { kept, leftOut } = separate(own, architecture, site.form);
  const tensors = new Map<string, TensorData>();
  for (const [name, { path, data }] of kept) {
    if (data instanceof FormatError) throw nameError(path, data);
    tensors.set(name, path === name ? data : { ...data, nameInFile: path });
  }
  const net = { architecture, tensors, leftOut, takenOff: listTakenOff(kept, site) };
  return { net, accounted: [...named.values()], containers: [site.container], settings };
}

/**
 * The tensors of a place's dictionary by the family's names: those under its prefix, and with the first net of the
 * dictionary those under nobody's. A second tensor for one name keeps its own.
 */
function nameOwn(place: TensorSite): Map<string, FileTensor> {
  const { site, chosen, sites, tensors } = place;
  const { container, form } = site;
  const neighbours = sites.filter((other) => other.container === container);
  const isFirst = chosen.find((other) => other.container === container) === site;
  const own = new Map<string, FileTensor>();
  for (const { name, tensor } of tensors) {
    if (tensor.container !== container) continue;
    const prefix = longest(neighbours.filter(({ prefix }) => name.startsWith(prefix)))?.prefix;
    if (prefix === undefined ? !isFirst : prefix !== site.prefix) continue;
    const bare = prefix === undefined ? name : name.slice(prefix.length);
    const ownName = form.ownName?.(bare) ?? bare;
    if (!isOf(ownName, place)) continue;
    own.set(own.has(ownName) ? tensor.path : ownName, tensor);
  }
  return own;
}

/** Whether a tensor under its prefix is of a net: one that is of none of those there is the first's. */
function isOf(ownName: string, { site, chosen }: TensorSite): boolean {
  const { form, container, prefix } = site;
  const together = chosen.filter((other) => other.container === container && other.prefix === prefix);
  if (together.length < 2) return true;
  const parts = form.partsOf?.(ownName) ?? [];
  const owners = together.filter(({ part }) => parts.includes(part));
  return owners.length > 0 ? owners.includes(site) : together[0] === site;
}

function longest(sites: readonly Site[]): Site | undefined {
  return [...sites].sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

/** Beside weights a trainer may key what it keeps by classes; a dictionary of weights has names alone. */
function refuseForeignKey(key: string | undefined, { container }: Site, { name }: SearchedFile): void {
  if (key === undefined) return;
  const where = container === '' ? '' : ` under ${JSON.stringify(formatName(container))}`;
  throw new FormatError(
    'E_KEYS_EXTRA',
    `openWeights: the dictionary of ${name} that holds the weights${where} has a key that is no text, ${formatName(key)}. ` +
      'No state dict has such keys: the file is damaged, or made by something other than torch.save; fetch it again.',
  );
}

interface Described {
  readonly architecture: NetArchitecture;
  readonly settings: readonly string[];
}

/** The shapes of what the dictionary has beside a net's own. */
function listOthers({ site, tensors }: TensorSite, own: ReadonlyMap<string, FileTensor>): Shapes {
  const taken = new Set(own.values());
  const others = new Map<string, readonly number[]>();
  for (const { name, tensor } of tensors) {
    const { container, path, data } = tensor;
    if (container !== site.container || taken.has(tensor) || data instanceof FormatError) continue;
    others.set(container === '' ? name : unwrapName(path.slice(container.length + 1)), data.shape);
  }
  return others;
}

async function readArchitecture(
  place: TensorSite,
  own: ReadonlyMap<string, FileTensor>,
  searched: SearchedFile,
): Promise<Described> {
  const { site, dictionaries } = place;
  const { container, form } = site;
  const [key] = form.settings ?? [];
  const around = key === undefined ? undefined : findAround(container, dictionaries, key);
  const beside = searched.settings?.file === form.settingsFile ? searched.settings?.entries : undefined;
  const settings = around?.entries ?? beside;
  const dataOf = (name: string): TensorData | undefined => {
    const data = own.get(name)?.data;
    return data instanceof FormatError ? undefined : data;
  };
  const { stated, name: sourceName } = searched;
  const shapes = new AskedShapes(own);
  const found = { shapes, others: listOthers(place, own), settings, stated, dataOf, sourceName };
  const architecture = await readBlaming(shapes, site, sourceName, () => form.readArchitecture(found));
  if (!architecture) throw explainUnsettled(shapes, site, searched);
  return { architecture, settings: around ? form.settings!.map((name) => joinKey(around.path, name)) : [] };
}

/** What a family reads; an error that does not say so itself says of which file, family and tensors it is. */
async function readBlaming<Result>(
  shapes: AskedShapes,
  { family }: Site,
  sourceName: string,
  read: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    shapes.refuseUnreadable();
    const isVague = error instanceof FormatError && !error.message.includes(sourceName);
    throw isVague ? shapes.blame(error, sourceName, family) : error;
  }
}

/** Why what was found says too little of a net. */
function explainUnsettled(shapes: AskedShapes, { family }: Site, searched: SearchedFile): FormatError {
  shapes.refuseUnreadable();
  const { missing } = shapes;
  const lacking = missing.length > 0 ? `; as a net of the family ${family} it lacks ${missing.join(' and ')}` : '';
  const known = recogniseNet(shapes, searched.families);
  return unknownNet(
    searched,
    (known ? `${known.name}; ${known.note}` : `${shapes.size} tensors of another net`) + lacking,
  );
}

/** The nearest dictionary around a place that has such a key. */
function findAround(
  container: string,
  dictionaries: TensorSite['dictionaries'],
  key: string,
): { readonly path: string; readonly entries: ReadonlyMap<string, PickleValue> } | undefined {
  for (let path = container; ; path = path.slice(0, Math.max(path.lastIndexOf('.'), 0))) {
    const entries = dictionaries.get(path);
    if (entries?.has(key)) return { path, entries };
    if (path === '') return undefined;
  }
}

function joinKey(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

const WHOLE_NUMBERS = 'whole numbers, which are no weights';
const NOT_READ = 'types that are neither read nor needed';

/** Takes out what the net does not need, where its absence changes nothing. */
function separate(
  own: ReadonlyMap<string, FileTensor>,
  architecture: NetArchitecture,
  form: CheckpointForm,
): { kept: Map<string, FileTensor>; leftOut: LeftOut[] } {
  const expected = expectedNetTensors(architecture);
  const kept = new Map<string, FileTensor>();
  const counts = new Map<string, number>();
  for (const [name, tensor] of own) {
    const { data } = tensor;
    const isNeeded = form.netName ? form.netName(name) !== undefined : expected.has(name);
    const isOther = data instanceof FormatError ? NOT_READ : isWholeNumber(data.dtype) ? WHOLE_NUMBERS : undefined;
    const reason = isNeeded ? undefined : (form.whyLeftOut?.(name) ?? isOther);
    if (reason === undefined) kept.set(name, tensor);
    else counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return { kept, leftOut: [...counts].map(([reason, tensors]) => ({ reason, tensors })) };
}

/** What stood before the net's names in the keys of the file. */
function listTakenOff(kept: ReadonlyMap<string, FileTensor>, { prefix }: Site): TakenOff[] {
  const counts = new Map<string, number>();
  const count = (taken: string): void => void counts.set(taken, (counts.get(taken) ?? 0) + 1);
  // Those of one place are all in one dictionary.
  const [{ container } = { container: '' }] = kept.values();
  const outer = container === '' ? '' : unwrapName(`${container}.`);
  const inner = prefix.startsWith(outer) ? prefix.slice(outer.length) : '';
  for (const { path } of kept.values()) {
    const key = container === '' ? path : path.slice(container.length + 1);
    listWrappers(key).forEach(count);
    if (inner !== '' && unwrapName(key).startsWith(inner)) count(inner);
  }
  return [...counts].map(([taken, tensors]) => ({ prefix: taken, tensors }));
}
