/**
 * Where in a file nets lie: under which prefix of their tensors' names, or as which pickled module. A checkpoint of a
 * training may have a net twice, as trained last and as a mean over time; then the first of these is meant.
 */
import { FormatError } from '../../base/errors.ts';
import { PART_OF_CLASS } from './openai/modules.ts';
import type { FileContents, FileModule, FileTensor } from '../contents/file-tensors.ts';
import { nameError } from '../contents/find-tensors.ts';
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
  readonly at:
    | { readonly kind: 'module'; readonly module: FileModule }
    | { readonly kind: 'dvae' | 'dalle-pytorch' | 'dalle-gl'; readonly container: string };
}

/** All tensors under their unwrapped names. Two that would have the same keep their own, and are found to be too many. */
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
export function listSites({ modules }: FileContents, tensors: readonly UnwrappedTensor[]): Site[] {
  const names = new Set(tensors.map(({ name }) => name));
  const nets = tensors.flatMap(({ name, tensor }) => siteOf(name, tensor, names) ?? []);
  const own = modules.flatMap((module): Site[] => {
    const part = PART_OF_CLASS.get(module.className);
    return part ? [{ part, prefix: unwrapName(`${module.path}.`), at: { kind: 'module', module } }] : [];
  });
  if (nets.length + own.length > MAX_SITES) throw limitError(nets.length + own.length);
  const frozen = nets.filter(({ at }) => at.kind === 'dalle-pytorch').map(({ prefix }) => `${prefix}vae.`);
  // The VAE within a transformer of DALLE-pytorch's is no net of its own.
  return [...own, ...nets.filter(({ prefix }) => !frozen.some((vae) => prefix.startsWith(vae)))];
}

/** The last tensor of a name that only one net has, and the names that must be beside it. */
const ANCHORS: readonly (readonly [anchor: RegExp, kind: 'dalle-pytorch' | 'dalle-gl', beside: readonly string[]])[] = [
  [/^((?:.*\.)?)to_logits\.1\.weight$/, 'dalle-pytorch', ['text_emb.weight', 'image_emb.weight']],
  [/^((?:.*\.)?)text_embedding\.weight$/, 'dalle-gl', ['image_embedding.weight']],
];

function siteOf(name: string, tensor: FileTensor, names: ReadonlySet<string>): Site | undefined {
  const { container } = tensor;
  const dvae = /^((?:.*\.)?)blocks\.input\.(?:w|weight)$/.exec(name)?.[1];
  if (dvae !== undefined) {
    const part = partOfKernel(tensor);
    return part && { part, prefix: dvae, at: { kind: 'dvae', container } };
  }
  for (const [pattern, kind, beside] of ANCHORS) {
    const prefix = pattern.exec(name)?.[1];
    if (prefix === undefined || !beside.every((other) => names.has(prefix + other))) continue;
    return { part: 'transformer', prefix, at: { kind, container } };
  }
  return undefined;
}

/** An encoder begins with a 7×7 kernel, a decoder with 1×1; one of another rank may have been cut into pieces. */
function partOfKernel({ path, data }: FileTensor): NetPart | undefined {
  if (data instanceof FormatError) throw nameError(path, data);
  const [, , kernel] = data.shape;
  if (data.shape.length !== 4) return 'encoder';
  return kernel === 7 ? 'encoder' : kernel === 1 ? 'decoder' : undefined;
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
