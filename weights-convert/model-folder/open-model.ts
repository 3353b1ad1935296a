/**
 * A model folder: `model.json`, which says what is there, beside one safetensors file for each net and the tokenizer's
 * own file. This file opens a folder for reading; node/write-model-folder.ts writes it. `model.json` has the length and
 * the SHA-256 of every file: a file is compared with both when it is opened, and read through what was compared.
 *
 * Any subset of parts is a model folder. `model.json` is written last: a folder without it is not a model.
 */
import { checkEach, checkFunction } from '../../base/check-argument.ts';
import { checkOptions } from '../../base/check-options.ts';
import { AbortedError, FormatError } from '../../base/errors.ts';
import { hashSource, type ByteSource } from '../byte-source.ts';
import { checkSource } from '../check-source.ts';
import {
  isIndexName,
  MANIFEST_NAME,
  modelError,
  PART_NAMES,
  type ModelFile,
  type ModelManifest,
  type ModelPart,
  type PartName,
} from './manifest.ts';
import { parseManifest } from './manifest-json.ts';
import { NET_PARTS, type NetPart, type NetsByPart } from '../../nets/net-kinds.ts';
import { makeWeights } from '../make-weights.ts';
import { isSharded, openShardedSafetensors, openShards } from '../safetensors/open-shards.ts';
import { openSafetensors } from '../safetensors/read-safetensors.ts';
import { expectTokenizer } from './tokenizer-file.ts';
import type { Weights } from '../../nets/weights.ts';

/** The weights of a model's nets, by part. */
export type ModelWeights = { readonly [Part in NetPart]?: Weights<NetsByPart[Part]> };

/** A model folder that is open: its nets, its tokenizer, and what `model.json` says. */
export interface Model extends ModelWeights {
  readonly manifest: ModelManifest;
  /** The text of tokenizer.json. */
  readonly tokenizer?: string;
  /** Closes the files of all parts. */
  close(): Promise<void>;
}

/** Opens a file of the folder by its name: a `Blob` in the browser, a path in Node. `model.json` is not yet known. */
export type OpenFile = (name: string, file?: ModelFile) => Promise<ByteSource>;

/** How a model folder is opened. */
export interface OpenModelOptions {
  /** Compare every file that is opened with its SHA-256 in `model.json` [true]. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Opens a model folder through a function that opens a file of it by name.
 *
 * @param wanted only these parts are opened [all]
 * @throws FormatError `E_MODEL_MANIFEST` if model.json is not one or a file does not fit it, `E_MODEL_HASH` for a file
 *   of other bytes, `E_TOKENIZER_FILE`, and as `openSafetensors` and `makeWeights`; AbortedError `E_ABORTED`
 */
export async function openModel(
  openFile: OpenFile,
  wanted: readonly PartName[] = PART_NAMES,
  options: OpenModelOptions = {},
): Promise<Model> {
  checkFunction('openModel', 'a function that opens a file', openFile);
  checkEach('openModel', 'parts', `one of ${PART_NAMES.join(', ')}`, wanted, (name) =>
    PART_NAMES.some((known) => known === name),
  );
  checkOptions('openModel', options);
  const openChecked: OpenFile = async (...named) => {
    if (options.signal?.aborted)
      throw new AbortedError('E_ABORTED', 'openModel: stopped because the caller aborted it.');
    const source = await openFile(...named);
    checkSource('openModel', source);
    return source;
  };
  const manifest = await readSource(await openChecked(MANIFEST_NAME), parseManifest);
  const nets: Partial<Record<NetPart, Weights>> = {};
  const close = async (): Promise<void> => {
    for (const weights of Object.values(nets)) await weights.close();
  };
  try {
    for (const name of NET_PARTS) {
      const part = wanted.includes(name) ? manifest.parts[name] : undefined;
      if (part) nets[name] = await openNet(part, (file) => openPartFile(name, file, openChecked, options));
    }
    const words = wanted.includes('tokenizer') ? manifest.parts.tokenizer : undefined;
    const tokenizer =
      words &&
      (await readSource(await openPartFile('tokenizer', words.files[0], openChecked, options), expectTokenizer));
    // openNet has seen to it that each part holds its own kind of net.
    return { manifest, ...(nets as ModelWeights), ...(tokenizer !== undefined && { tokenizer }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Reads what is wanted of a source, and closes it. */
async function readSource<Result>(source: ByteSource, read: (source: ByteSource) => Promise<Result>): Promise<Result> {
  try {
    return await read(source);
  } finally {
    await source.close?.();
  }
}

/** Opens a file of a part, and sees that it is the one that `model.json` describes. */
async function openPartFile(
  part: PartName,
  file: ModelFile,
  openFile: OpenFile,
  { verify = true, signal }: OpenModelOptions,
): Promise<ByteSource> {
  const source = await openFile(file.name, file);
  try {
    if (source.size !== file.bytes) throw sizeError(source, file);
    const found = verify ? await hashSource(source, { signal }) : file.sha256;
    if (found !== file.sha256) throw hashError(part, file, found);
    return source;
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

/** One file, or shards with their index. */
async function openNet(part: ModelPart, openListed: (file: ModelFile) => Promise<ByteSource>): Promise<Weights> {
  const { architecture, files } = part;
  const openShard = async (name: string): Promise<ByteSource> => {
    const file = files.find((candidate) => candidate.name === name);
    if (!file) throw modelError(`an index names ${name}, and model.json does not`);
    return openListed(file);
  };
  const isIndexed = files.length > 1;
  const first = await openListed(files.find(({ name }) => isIndexName(name) === isIndexed)!);
  let source = first;
  try {
    if (isIndexed) source = await openShards(first, openShard);
    const tensors = isSharded(source) ? await openShardedSafetensors(source) : (await openSafetensors(source)).tensors;
    return makeWeights({ architecture, tensors }, source, isIndexed ? 'safetensors-index' : 'safetensors');
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

function hashError(part: PartName, { name, sha256 }: ModelFile, found: string): FormatError {
  return new FormatError(
    'E_MODEL_HASH',
    `openModel: ${name}, which holds the ${part}, is not the file that model.json describes: its SHA-256 begins ` +
      `${found.slice(0, 12)}, and ${sha256.slice(0, 12)} was expected. It was damaged on the disk or on the way, edited, or ` +
      'is of another model. Convert or download the model again; --no-verify (verify: false) uses it as it is.',
  );
}

function sizeError({ size }: ByteSource, { name, bytes }: ModelFile): FormatError {
  return modelError(`${name} has ${size} bytes, and model.json says ${bytes}`);
}
