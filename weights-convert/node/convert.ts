/**
 * The converter as a function: checkpoints in, a model folder out, and a report of what was read and written. The
 * command `dalle-gl convert` prints that report.
 */
import { UsageError } from '../../errors.ts';
import { describeSource, throwIfAborted } from '../describe-source.ts';
import { partOf, type ModelFile, type PartName, type SourceDescription } from '../manifest.ts';
import { openWeights } from '../open-weights.ts';
import { measureSafetensors, type WeightDtype } from '../safetensors/write-safetensors.ts';
import type { Container } from '../sniff.ts';
import type { DvaeArchitecture } from '../dvae-spec.ts';
import { countParameters } from '../weights.ts';
import { openFileSource } from './file-source.ts';
import { createNodeHasher } from './node-hasher.ts';
import { verifyModelFolder } from './verify-model-folder.ts';
import type { ConversionControl } from './conversion-progress.ts';
import { writeModelFolder, type PartToWrite } from './write-model-folder.ts';

export interface ConvertOptions extends ConversionControl {
  /** Paths of checkpoints, at most one of each part, in any order. */
  readonly sources: readonly string[];
  /** The model folder to make. */
  readonly out: string;
  /** How weights are stored; f32 keeps every bit. */
  readonly dtype?: WeightDtype;
  /** Replace a model that is in `out` already. */
  readonly force?: boolean;
  /** Read and check everything, write nothing. */
  readonly dryRun?: boolean;
  /** Read the folder again and compare every number with the source. */
  readonly verify?: boolean;
  /** Written into the manifest as they are. */
  readonly licence?: string;
  readonly notice?: string;
}

export interface ConvertedPart {
  readonly name: PartName;
  readonly architecture: DvaeArchitecture;
  readonly container: Container;
  readonly source: SourceDescription;
  readonly tensors: number;
  readonly parameters: number;
  /** What was written; empty after a dry run. */
  readonly files: readonly ModelFile[];
}

export interface ConversionReport {
  readonly out: string;
  readonly dtype: WeightDtype;
  readonly dryRun: boolean;
  readonly verified: boolean;
  readonly parts: readonly ConvertedPart[];
  /** Bytes of tensors written, or that would be. */
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * Converts checkpoints to a model folder.
 *
 * @throws UsageError `E_USAGE` for no sources or two of one part; FormatError, UnsafeFileError as `openWeights`;
 *   DalleError as `writeModelFolder`; AbortedError `E_ABORTED`
 */
export async function convertToModelFolder(options: ConvertOptions): Promise<ConversionReport> {
  const started = performance.now();
  const { sources, out, dtype = 'f32', dryRun = false, verify = false } = options;
  if (sources.length === 0) {
    throw new UsageError(
      'E_USAGE',
      'convertToModelFolder: no checkpoint was named. Name encoder.pkl, decoder.pkl or both.',
    );
  }
  const parts: PartToWrite[] = [];
  try {
    for (const path of sources) parts.push(await openPart(path, parts, options));
    const bytes = parts.reduce((sum, { weights }) => sum + measureSafetensors(weights.tensors, dtype), 0);
    const files = dryRun ? new Map<PartName, readonly ModelFile[]>() : await writeParts(parts, dtype, bytes, options);
    if (verify && !dryRun) await verifyModelFolder(out, parts, dtype, options);
    return {
      out,
      dtype,
      dryRun,
      verified: verify && !dryRun,
      parts: parts.map((part) => describePart(part, files)),
      bytes,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    for (const { weights } of parts) await weights.close();
  }
}

/** Opens and checks one checkpoint first, and only then reads all of it for its hash. */
async function openPart(
  path: string,
  others: readonly PartToWrite[],
  { onProgress, signal }: ConvertOptions,
): Promise<PartToWrite> {
  throwIfAborted(signal);
  const file = await openFileSource(path);
  try {
    const weights = await openWeights(file);
    const name = partOf(weights.architecture);
    const twin = others.find((other) => partOf(other.weights.architecture) === name);
    if (twin) {
      throw new UsageError(
        'E_USAGE',
        `convertToModelFolder: ${twin.source.name} and ${file.name} are both ${name}s, and a model has one. Convert them ` +
          `into two folders.`,
      );
    }
    const source = await describeSource(file, {
      onBytes: (done) => onProgress?.({ stage: 'hash', done, total: file.size }),
      createHasher: createNodeHasher,
      ...(signal ? { signal } : {}),
    });
    return { weights, source };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function writeParts(
  parts: readonly PartToWrite[],
  dtype: WeightDtype,
  total: number,
  { out, force = false, licence, notice, onProgress, signal }: ConvertOptions,
): Promise<Map<PartName, readonly ModelFile[]>> {
  let done = 0;
  const manifest = await writeModelFolder({
    out,
    parts,
    dtype,
    force,
    ...(licence === undefined ? {} : { licence }),
    ...(notice === undefined ? {} : { notice }),
    ...(signal ? { signal } : {}),
    onBytes: (count) => onProgress?.({ stage: 'write', done: (done += count), total }),
  });
  return new Map(
    parts.map(({ weights }) => {
      const name = partOf(weights.architecture);
      return [name, manifest.parts[name]!.files];
    }),
  );
}

function describePart(
  { weights, source }: PartToWrite,
  files: ReadonlyMap<PartName, readonly ModelFile[]>,
): ConvertedPart {
  const name = partOf(weights.architecture);
  return {
    name,
    architecture: weights.architecture,
    container: weights.source.container,
    source,
    tensors: weights.tensors.size,
    parameters: countParameters(weights),
    files: files.get(name) ?? [],
  };
}
