/**
 * Where in a file nets lie: under which prefix of their tensors' names, or as which pickled module. A checkpoint of a
 * training may have a net twice, as trained last and as a mean over time; then the first of these is meant.
 */
import { FormatError } from '../../base/errors.ts';
import type { FileContents, FileModule, FileTensor } from '../contents/file-tensors.ts';
import { nameError } from '../contents/find-tensors.ts';
import type { Anchor, CheckpointForm, Family } from './family.ts';
import type { NetPart } from '../../nets/net-kinds.ts';
import { isCopy, unwrapName } from '../contents/tensor-names.ts';

/** A tensor by its way without wrappers' words. */
export interface UnwrappedTensor {
  readonly name: string;
  readonly tensor: FileTensor;
}

/** A net's place. */
export interface Site {
  readonly part: NetPart;
  /** What stands before the net's own names; empty or with a dot at its end. */
  readonly prefix: string;
  /** The name of the family that it is of, and how that lays it out. */
  readonly family: string;
  readonly form: CheckpointForm;
  /** The way to the dictionary that has its tensors, or to its module. */
  readonly container: string;
  /** Absent where its tensors are in a dictionary. */
  readonly module?: FileModule;
}

/**
 * All tensors under their unwrapped names. Two that would have the same keep their own, and are found to be too many.
 */
export function unwrapTensors(tensors: readonly FileTensor[]): UnwrappedTensor[] {
  const taken = new Set<string>();
  return tensors.map((tensor) => {
    const unwrapped = unwrapName(tensor.path);
    const name = taken.has(unwrapped) ? tensor.path : unwrapped;
    taken.add(name);
    return { name, tensor };
  });
}

/** A training with several means over time has a handful. */
const MAX_SITES = 64;

/**
 * Every place that looks like a net's, in the order of the file.
 *
 * @throws FormatError `E_PICKLE_LIMIT` for more of them than any training has
 */
export function listSites(
  { modules }: FileContents,
  tensors: readonly UnwrappedTensor[],
  families: readonly Family[],
): Site[] {
  const forms = families.flatMap(({ name, form }) => (form ? [{ family: name, form }] : []));
  const own = modules.flatMap((module) => siteOfModule(module, forms) ?? []);
  const names = new Set(tensors.map(({ name }) => name));
  const anchors = forms.flatMap(({ family, form }) => form.anchors.map((anchor) => ({ family, form, anchor })));
  const nets: Site[] = [];
  const within: string[] = [];
  for (const { name, tensor } of tensors) {
    for (const { family, form, anchor } of anchors) {
      const prefix = prefixOf(name, anchor, names);
      const part = prefix === undefined ? undefined : partOf(tensor, anchor, (other) => names.has(prefix + other));
      if (prefix === undefined || part === undefined) continue;
      nets.push({ part, prefix, family, form, container: tensor.container });
      within.push(...(anchor.within ?? []).map((inner) => prefix + inner));
      break;
    }
  }
  if (nets.length + own.length > MAX_SITES) throw limitError(nets.length + own.length);
  return [...own, ...nets.filter(({ prefix }) => !within.some((outer) => prefix.startsWith(outer)))];
}

function siteOfModule(module: FileModule, forms: readonly Pick<Site, 'family' | 'form'>[]): Site | undefined {
  const { className, path } = module;
  const found = forms.find(({ form }) => form.modules?.parts.has(className));
  const part = found?.form.modules?.parts.get(className);
  return found && part && { part, prefix: unwrapName(`${path}.`), ...found, container: path, module };
}

/** The classes of modules that are nets. */
export function listNetClasses(families: readonly Family[]): Set<string> {
  return new Set(families.flatMap(({ form }) => [...(form?.modules?.parts.keys() ?? [])]));
}

/** What stands before an anchor's name, if this is one. */
function prefixOf(name: string, anchor: Anchor, names: ReadonlySet<string>): string | undefined {
  if (name !== anchor.name && !name.endsWith(`.${anchor.name}`)) return undefined;
  const prefix = name.slice(0, name.length - anchor.name.length);
  const { beside = [], outside } = anchor;
  const isInside = outside !== undefined && (prefix === outside || prefix.endsWith(`.${outside}`));
  return !isInside && beside.every((other) => names.has(prefix + other)) ? prefix : undefined;
}

function partOf({ path, data }: FileTensor, { part }: Anchor, has: (name: string) => boolean): NetPart | undefined {
  if (typeof part === 'string') return part;
  if (data instanceof FormatError) throw nameError(path, data);
  return part(data.shape, has);
}

/** Where programs put the weights, beside what else they save: the first that is there is meant. */
const USUAL_KEYS: readonly string[] = ['state_dict', 'weights', 'model', 'model_state_dict', 'net', 'module'];

/**
 * One place for each part.
 *
 * @throws FormatError `E_ARCHITECTURE` where a part is there more than once and nothing tells which is meant
 */
export function chooseSites(sites: readonly Site[], sourceName: string): Site[] {
  const parts = [...new Set(sites.map(({ part }) => part))];
  return parts.map((part) => {
    const all = sites.filter((site) => site.part === part);
    const trained = all.filter(({ prefix }) => !isCopy(prefix));
    const candidates = trained.length > 0 ? trained : all;
    const [only, ...others] = candidates;
    if (others.length === 0) return only!;
    const usual = USUAL_KEYS.flatMap((key) => candidates.filter(({ prefix }) => firstKey(prefix) === key));
    const [first, second] = usual;
    if (first && (!second || firstKey(second.prefix) !== firstKey(first.prefix))) return first;
    throw ambiguityError(sourceName, part, candidates);
  });
}

function firstKey(prefix: string): string {
  return prefix.split('.')[0]!;
}

function limitError(count: number): FormatError {
  return new FormatError(
    'E_PICKLE_LIMIT',
    `openWeights: the file holds what looks like ${count} nets, and at most ${MAX_SITES} are looked at. No training keeps ` +
      `so many: it is damaged, or made to exhaust memory.`,
  );
}

function ambiguityError(sourceName: string, part: NetPart, sites: readonly Site[]): FormatError {
  const places = sites.slice(0, 6).map(({ prefix }) => JSON.stringify(prefix.slice(0, 80)));
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds ${sites.length} nets that could be its ${part}, with names that begin ` +
      `${places.join(' and ')}; which one is meant cannot be known. Save the one you want by itself and convert that.`,
  );
}
