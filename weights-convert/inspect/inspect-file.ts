/**
 * What a file is and holds, without converting it and without asking whether it may be trusted: the work behind
 * `dalle-gl inspect`, in Node and in the browser. Reads tables of contents and pickles, never a tensor's numbers.
 */
import { checkObject } from '../../base/check-argument.ts';
import { checkSource } from '../check-source.ts';
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { describeArchitecture } from '../../nets/net-kinds.ts';
import { listNpz, openNpy } from '../numpy/npy-tensor.ts';
import { gatherShards, openCheckpoint } from '../open-weights.ts';
import type { RecognisedNet } from '../families/family.ts';
import { recogniseNet } from '../families/recognise-net.ts';
import { closeShards, isSharded, readShardedLayout, type ShardedSource } from '../safetensors/open-shards.ts';
import { readSafetensorsLayout } from '../safetensors/read-safetensors.ts';
import { sniffContainer, type Container } from '../sniff.ts';
import { BoundedList } from './bounded-list.ts';
import { describeArray, describeSpan, describeTensors } from './describe-tensors.ts';
import { inspectPickles } from './inspect-pickle.ts';
import type { InspectedProblem, InspectedTensor, InspectedValue, Inspection } from './inspection.ts';
import { formatName, formatValue } from './format-value.ts';
import type { PickleContents } from './list-contents.ts';

/** How far an inspection goes. */
export interface InspectOptions {
  /** Also list the opcodes of its pickles [false]. */
  readonly explain?: boolean;
}

/** What an inspection found. */
export interface InspectionResult {
  readonly inspection: Inspection;
  /**
   * Why the file is broken, though it could be looked at; UnsafeFileError where it names a way to run code,
   * `E_PICKLE_UNKNOWN_CALL` where it calls what is not known.
   */
  readonly failure: FormatError | undefined;
}

/**
 * Looks at a file.
 *
 * @throws FormatError `E_FORMAT_UNKNOWN`, `E_LFS_POINTER` for what is no checkpoint at all; `E_FILE_*` where it cannot
 *   be read. What is wrong within a checkpoint is `failure`.
 */
export async function inspectFile(file: ByteSource, options: InspectOptions = {}): Promise<InspectionResult> {
  checkSource('inspectFile', file);
  checkObject('inspectFile', 'options', options);
  const { explain = false } = options;
  const source = await gatherShards(file);
  try {
    return await inspectWhole(source, explain);
  } finally {
    if (source !== file && isSharded(source)) await closeShards(source);
  }
}

async function inspectWhole(source: ByteSource, explain: boolean): Promise<InspectionResult> {
  const container = await sniffContainer(source);
  const { failure, ...found } = await look(source, container, explain);
  const { name, size } = source;
  const judged = { looksLike: recogniseNets(found.tensors.items), ...(await nameNets(source)) };
  return {
    inspection: { name, bytes: size, container, ...judged, ...found },
    failure,
  };
}

type Findings = Omit<Inspection, 'name' | 'bytes' | 'container' | 'looksLike' | 'nets' | 'refusal'> &
  Pick<InspectionResult, 'failure'>;

/** Enough for any net, and for a file that is none. */
const MAX_TENSORS = 10_000;
const MAX_VALUES = 1_000;
const MAX_PROBLEMS = 20;
/** A Lightning checkpoint has its nets two dicts deep: `state_dict.stage2.`. */
const MAX_PREFIXES = 2;

/** What a container holds beside its pickles. */
type Contents = Pick<Findings, 'tensors' | 'values' | 'problems' | 'failure'>;

const NOTHING: Contents = {
  tensors: new BoundedList(0),
  values: new BoundedList(0),
  problems: new BoundedList(0),
  failure: undefined,
};

/** The worst comes first: a way to run code, a call that is not known, then what is broken. */
async function look(source: ByteSource, container: Container, explain: boolean): Promise<Findings> {
  const { contents, failure: unsafe, ...pickles } = await inspectPickles(source, container, explain);
  const { failure, ...found } = contents ? describeContents(contents) : await lookAtData(source, container);
  return { ...pickles, ...found, failure: unsafe ?? failure };
}

async function lookAtData(source: ByteSource, container: Container): Promise<Contents> {
  switch (container) {
    case 'torch-zip':
    case 'torch-legacy':
    case 'pickle':
      return NOTHING;
    case 'safetensors':
      return { ...NOTHING, ...(await orFailure(lookAtSafetensors(source))) };
    case 'safetensors-index':
      return { ...NOTHING, ...(await orFailure(lookAtShards(source as ShardedSource))) };
    case 'npz':
      return { ...NOTHING, ...(await orFailure(lookAtNpz(source))) };
    case 'npy':
      return { ...NOTHING, ...(await orFailure(lookAtNpy(source))) };
  }
}

async function orFailure(work: Promise<Partial<Contents>>): Promise<Partial<Contents>> {
  return work.catch((error: unknown) => ({ failure: requireFormatError(error) }));
}

function describeContents({ tensors, values, problems }: PickleContents): Contents {
  const described = { items: describeTensors(tensors.items), leftOut: tensors.leftOut };
  return { tensors: described, values, problems, failure: worstOf(problems.items) };
}

/** A type that is merely not read breaks nothing. */
function worstOf(problems: readonly InspectedProblem[]): FormatError | undefined {
  const worst = problems.find(({ code }) => code !== 'E_TENSOR_DTYPE' && code !== 'E_NPY_DTYPE');
  return worst && new FormatError(worst.code, worst.message);
}

async function lookAtSafetensors(source: ByteSource): Promise<Partial<Contents>> {
  const { spans, metadata } = await readSafetensorsLayout(source);
  const tensors = new BoundedList<InspectedTensor>(MAX_TENSORS);
  for (const [name, span] of spans) tensors.add(describeSpan(name, span));
  const values = new BoundedList<InspectedValue>(MAX_VALUES);
  for (const [key, note] of metadata) values.add({ path: formatName(key), text: formatValue(note) });
  return { tensors, values };
}

async function lookAtShards(source: ShardedSource): Promise<Partial<Contents>> {
  const tensors = new BoundedList<InspectedTensor>(MAX_TENSORS);
  for (const { name, span, file } of await readShardedLayout(source)) {
    tensors.add({ ...describeSpan(name, span), storage: formatName(file) });
  }
  return { tensors };
}

async function lookAtNpy(source: ByteSource): Promise<Partial<Contents>> {
  const { record } = await openNpy(source);
  return { tensors: { items: [describeArray('(array)', record)], leftOut: 0 } };
}

async function lookAtNpz(source: ByteSource): Promise<Partial<Contents>> {
  const tensors = new BoundedList<InspectedTensor>(MAX_TENSORS);
  const problems = new BoundedList<InspectedProblem>(MAX_PROBLEMS);
  for (const [name, open] of await listNpz(source)) {
    try {
      tensors.add(describeArray(name, (await open()).record));
    } catch (error) {
      const { code, message } = requireFormatError(error);
      problems.add({ place: formatName(name), code, message });
    }
  }
  return { tensors, problems, failure: worstOf(problems.items) };
}

/** Published nets that the tensors look like: by their names, or by what is left of them within one or two dicts. */
function recogniseNets(tensors: readonly InspectedTensor[]): RecognisedNet[] {
  const groups = new Map<string, Map<string, readonly number[]>>();
  for (const { name, shape } of tensors) {
    let start = 0;
    for (let depth = 0; depth <= MAX_PREFIXES; depth++) {
      const prefix = name.slice(0, start);
      const group = groups.get(prefix) ?? new Map<string, readonly number[]>();
      groups.set(prefix, group.set(name.slice(start), shape));
      start = name.indexOf('.', start) + 1;
      if (start === 0) break;
    }
  }
  const found = [...groups.values()].flatMap((group) => recogniseNet(group) ?? []);
  return found.filter((net, index) => found.findIndex((other) => other.name === net.name) === index);
}

/** What a conversion would say. */
async function nameNets(source: ByteSource): Promise<Pick<Inspection, 'nets' | 'refusal'>> {
  try {
    const nets = await openCheckpoint(source);
    return { nets: nets.map(({ architecture }) => describeArchitecture(architecture)), refusal: null };
  } catch (error) {
    const { code, message } = requireFormatError(error);
    return { nets: [], refusal: { code, message } };
  }
}

function requireFormatError(error: unknown): FormatError {
  if (error instanceof FormatError) return error;
  throw error;
}
