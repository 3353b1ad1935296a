/**
 * The converter as a function: checkpoints in, a model folder out, and a report of what was read and written. The
 * command `dalle-gl convert` prints that report.
 */
import { argumentError, checkList } from '../../base/check-argument.ts';
import type { FolderLock } from '../../base/node/folder-lock.ts';
import { checkOptions } from '../../base/check-options.ts';
import { UsageError } from '../../base/errors.ts';
import { checkPath } from '../../base/node/open-file.ts';
import { pathOf } from '../../base/node/path-of.ts';
import { describeNonFinite, NonFiniteCounter, type NonFinite } from '../count-non-finite.ts';
import { throwIfAborted } from '../describe-source.ts';
import type { LeftOutValue } from '../../nets/weights.ts';
import type { ModelFile, ModelParts, SourceDescription } from '../model-folder/manifest.ts';
import { openModel, type OpenFile } from '../model-folder/open-model.ts';
import { partOf, type NetArchitecture, type NetPart } from '../../nets/net-kinds.ts';
import { measurePlan, planShards } from '../safetensors/plan-shards.ts';
import { summariseDtypes, type StoredDtype, type WeightDtype } from '../safetensors/write-safetensors.ts';
import { readSamplingDefaults, type SamplingDefaults } from '../../nets/sampling/defaults.ts';
import { countParameters, tensorBlocks, type LeftOut, type TakenOff } from '../../nets/weights.ts';
import type { Provenance } from '../families/family.ts';
import { findProvenance, type ModelProvenance } from '../families/provenance.ts';
import { withModelFolder } from './claim-model-folder.ts';
import { openSources, type OpenedSources, type SourceControl } from './open-sources.ts';
import { verifyModelFolder } from './verify-model-folder.ts';
import { writeModelLocked } from './write-model-folder.ts';
import type { PartToWrite } from './write-model-parts.ts';

/** What is converted, where to, and how. */
export interface ConvertOptions extends SourceControl {
  /** Paths or addresses of checkpoints and of a tokenizer (in one file or two), one of each part, in any order. */
  readonly sources: readonly (string | URL)[];
  /** The model folder to make. */
  readonly out: string;
  /** How weights are stored [tensors of halves as halves, which keeps every bit as f32 does; the rest as f32]. */
  readonly dtype?: WeightDtype;
  /**
   * Write files of at most so many bytes, as browsers and caches like them; a tensor is never split [one file a net].
   */
  readonly shardBytes?: number;
  /** Replace a model of ours that is in `out` already, all at once; never a file that is a source. */
  readonly force?: boolean;
  /** Read and check everything, write nothing. */
  readonly dryRun?: boolean;
  /** Read the result again and compare every number with the source, before it replaces anything. */
  readonly verify?: boolean;
  /** How tokens of this model are best drawn; goes into the manifest [what the family of the weights says]. */
  readonly sampling?: SamplingDefaults;
  /** Written into the manifest as they are [what the family of the weights says]. */
  readonly licence?: string;
  readonly notice?: string;
}

interface ConvertedFiles {
  /** The file it was made from. */
  readonly source: SourceDescription;
  /** What was written; empty after a dry run. */
  readonly files: readonly ModelFile[];
}

export interface ConvertedPart extends ConvertedFiles {
  readonly name: NetPart;
  readonly architecture: NetArchitecture;
  readonly container: string;
  /** How its numbers are stored: `mixed` where some tensors are floats and some are halves. */
  readonly dtype: StoredDtype;
  readonly tensors: number;
  readonly parameters: number;
  /** Tensors of the source that were not needed, with the reason. */
  readonly leftOut: readonly LeftOut[];
  /** What else the source has: the way to it and its Python class. Nothing of it was built or called. */
  readonly leftOutValues: readonly LeftOutValue[];
  /** Prefixes of the source's names that were taken off, such as `module.`. */
  readonly takenOff: readonly TakenOff[];
}

/** Weights that are no numbers, which a net cannot compute with. */
export interface ConversionWarning extends NonFinite {
  readonly part: NetPart;
  /** The same in a sentence. */
  readonly message: string;
}

/** What a conversion found and wrote. */
export interface ConversionReport {
  readonly out: string;
  readonly dryRun: boolean;
  readonly verified: boolean;
  readonly parts: readonly ConvertedPart[];
  readonly tokenizer?: ConvertedFiles;
  /** What `model.json` says, or would say, of the weights: their family, and what holds for all of it. */
  readonly family?: string;
  readonly licence?: string;
  readonly notice?: string;
  readonly sampling?: SamplingDefaults;
  /** What is no error of the files and yet better known. */
  readonly warnings: readonly ConversionWarning[];
  /** Bytes of all parts written, or that would be. */
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * Converts checkpoints to a model folder.
 *
 * @throws UsageError `E_USAGE` for no sources, two of one part, or an activation and no CLIP; FormatError,
 *   UnsafeFileError as `openCheckpoint`, and `E_SAMPLING`; DalleError as `writeModelFolder`; AbortedError `E_ABORTED`
 */
export async function convertToModelFolder(options: ConvertOptions): Promise<ConversionReport> {
  checkPath('convertToModelFolder', options?.out);
  checkOptions('convertToModelFolder', options);
  checkList('convertToModelFolder', 'sources', options.sources);
  const { activation } = options;
  if (activation !== undefined && activation !== 'quick-gelu' && activation !== 'gelu') {
    throw argumentError('convertToModelFolder', 'activation, quick-gelu or gelu', activation);
  }
  const sampling = options.sampling && readSamplingDefaults(Object.entries(options.sampling));
  const conversion = { ...options, ...(sampling && { sampling }) };
  const { out, sources, dryRun = false, force = false } = options;
  if (dryRun) return convertSources(conversion, undefined);
  // What can be refused is refused before a source is read.
  const target = { out, force, sources: sources.map(pathOf).filter((path) => path !== undefined) };
  return withModelFolder(target, (lock) => convertSources(conversion, lock));
}

/** Without a lock nothing is written. */
async function convertSources(options: ConvertOptions, lock: FolderLock | undefined): Promise<ConversionReport> {
  const started = performance.now();
  const { out, dtype, shardBytes, verify = false } = options;
  const opened = await openSources(options.sources, options);
  try {
    checkActivation(options, opened);
    const planned = measureParts(opened, dtype, shardBytes);
    const watched = watchParts(opened);
    if (!lock) await readParts(watched, options.signal);
    const provenance = { ...findProvenance(opened.parts), ...readGiven(options) };
    const written = lock ? await writeParts(watched, opened, planned, options, provenance, lock) : {};
    return {
      out,
      dryRun: !lock,
      verified: verify && lock !== undefined,
      parts: opened.parts.map((part) => describePart(part, dtype, written)),
      ...(opened.tokenizer && {
        tokenizer: { source: opened.tokenizer.source, files: written.tokenizer?.files ?? [] },
      }),
      ...provenance,
      warnings: watched.counters.flatMap(listWarnings),
      bytes: lock ? measureFiles(written) : planned,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await opened.close();
  }
}

/** What is said of a CLIP and can be of none was meant for another file. */
function checkActivation({ activation }: ConvertOptions, { parts }: OpenedSources): void {
  if (activation === undefined || parts.some(({ weights }) => partOf(weights.architecture) === 'clip')) return;
  throw new UsageError(
    'E_USAGE',
    `convertToModelFolder: the activation ${activation} is that of a CLIP, and none of the sources is one. Leave it out, or ` +
      'name the CLIP that it is of.',
  );
}

/** What the caller says of the weights. */
function readGiven({ sampling, licence, notice }: ConvertOptions): Provenance {
  return {
    ...(sampling && { sampling }),
    ...(licence !== undefined && { licence }),
    ...(notice !== undefined && { notice }),
  };
}

type Watched = OpenedSources & { readonly counters: readonly PartCounter[] };

interface PartCounter {
  readonly part: NetPart;
  readonly counter: NonFiniteCounter;
}

/** The same sources, their numbers looked at while they pass. */
function watchParts(opened: OpenedSources): Watched {
  const counters = opened.parts.map(({ weights }) => ({
    part: partOf(weights.architecture),
    counter: new NonFiniteCounter(),
  }));
  const parts = opened.parts.map(({ weights, source }, index) => ({
    weights: { ...weights, tensors: counters[index]!.counter.watch(weights.tensors) },
    source,
  }));
  return { ...opened, parts, counters };
}

/** Reads every number once, as writing would. */
async function readParts({ parts }: OpenedSources, signal: AbortSignal | undefined): Promise<void> {
  for (const { weights } of parts) {
    for (const tensor of weights.tensors.values()) {
      const blocks = tensorBlocks(tensor);
      while (!(await blocks.next()).done) throwIfAborted(signal);
    }
  }
}

function listWarnings({ part, counter }: PartCounter): ConversionWarning[] {
  return counter.found.map((found) => ({ part, ...found, message: `${part}: ${describeNonFinite(found)}` }));
}

function measureParts({ parts, tokenizer }: OpenedSources, wanted?: WeightDtype, shardBytes = Infinity): number {
  const sizes = parts.map(({ weights: { architecture, tensors } }) => {
    return measurePlan(planShards(partOf(architecture), tensors, wanted, shardBytes), wanted);
  });
  return sizes.reduce((sum, size) => sum + size, tokenizer?.bytes.length ?? 0);
}

function measureFiles(parts: ModelParts): number {
  return Object.values(parts).reduce((sum, { files }) => files.reduce((all, { bytes }) => all + bytes, sum), 0);
}

/** Writes what is watched, so that each number is counted once; `opened` is what it is compared with. */
async function writeParts(
  { parts, tokenizer, paths }: Watched,
  opened: OpenedSources,
  total: number,
  options: ConvertOptions,
  provenance: ModelProvenance,
  lock: FolderLock,
): Promise<ModelParts> {
  const { out, dtype, shardBytes, force = false, verify, onProgress, signal } = options;
  const check = (openFile: OpenFile): Promise<void> =>
    verifyModelFolder(out, opened, dtype, options, (verify) => openModel(openFile, undefined, { verify }));
  let done = 0;
  const manifest = await writeModelLocked(
    {
      out,
      parts,
      ...(dtype && { dtype }),
      force,
      sources: paths,
      ...(verify && { check }),
      ...(shardBytes !== undefined && { shardBytes }),
      ...(tokenizer && { tokenizer }),
      provenance,
      ...(signal ? { signal } : {}),
      // Names with a hash make an index longer than it was planned.
      onBytes: (count) => onProgress?.({ stage: 'write', done: Math.min((done += count), total), total }),
    },
    lock,
  );
  return manifest.parts;
}

function describePart(
  { weights, source }: PartToWrite,
  dtype: WeightDtype | undefined,
  written: ModelParts,
): ConvertedPart {
  const name = partOf(weights.architecture);
  return {
    name,
    architecture: weights.architecture,
    container: weights.source.container,
    dtype: summariseDtypes(weights.tensors, dtype),
    source,
    tensors: weights.tensors.size,
    parameters: countParameters(weights),
    leftOut: weights.leftOut ?? [],
    leftOutValues: weights.leftOutValues ?? [],
    takenOff: weights.takenOff ?? [],
    files: written[name]?.files ?? [],
  };
}
