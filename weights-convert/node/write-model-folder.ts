/**
 * Writes a model folder: each net's safetensors file, the tokenizer's, then `model.json`, so that a folder with a manifest is complete.
 *
 * Everything is written under temporary names first and renamed at the end. A failure before that leaves the folder as
 * it was; a folder made here is removed again. The same weights always give the same bytes.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DalleError } from '../../base/errors.ts';
import { throwIfAborted } from '../describe-source.ts';
import { formatManifest } from '../manifest-json.ts';
import {
  MANIFEST_NAME,
  TOKENIZER_NAME,
  type ModelFile,
  type ModelManifest,
  type ModelPart,
  type ModelParts,
  type SourceDescription,
  type TokenizerPart,
} from '../manifest.ts';
import { NET_PARTS, partOf, type NetPart } from '../net-spec.ts';
import type { SamplingDefaults } from '../sampling-defaults.ts';
import { planShards } from '../safetensors/plan-shards.ts';
import { writeSafetensors, type WeightDtype } from '../safetensors/write-safetensors.ts';
import type { Weights } from '../weights.ts';
import { createNodeHasher } from './node-hasher.ts';
import {
  createOutputFile,
  describeWriteFailure,
  leftoverOf,
  type CreateOutput,
  type OutputFile,
} from '../../base/node/output-file.ts';
import { makeFolders, removeFolders } from '../../base/node/output-folder.ts';

/** One net to write, with the description of the file it came from. */
export interface PartToWrite {
  readonly weights: Weights;
  readonly source: SourceDescription;
}

/** A tokenizer's file to copy, with its description. */
export interface TokenizerToWrite {
  readonly bytes: Uint8Array;
  readonly source: SourceDescription;
}

export interface WriteModelOptions {
  readonly out: string;
  /** At most one of each part. */
  readonly parts: readonly PartToWrite[];
  readonly tokenizer?: TokenizerToWrite;
  readonly dtype: WeightDtype;
  /** Bytes that no file of tensors exceeds unless a single tensor does [no limit]. */
  readonly shardBytes?: number;
  /** Replace a model that is there; other files in the folder are left alone. */
  readonly force: boolean;
  readonly sampling?: SamplingDefaults;
  readonly licence?: string;
  readonly notice?: string;
  /** Called after each block with the bytes written since the last call. */
  readonly onBytes?: (count: number) => void;
  readonly signal?: AbortSignal;
  readonly createOutput?: CreateOutput;
}

/**
 * Writes a model folder and returns its manifest.
 *
 * @throws DalleError `E_OUTPUT_EXISTS` for a folder that is not empty, `E_DISK_FULL`, `E_WRITE`; AbortedError
 */
export async function writeModelFolder(options: WriteModelOptions): Promise<ModelManifest> {
  const { out, force } = options;
  const createdFolder = await makeFolder(out, force);
  const outputs: OutputFile[] = [];
  const create: CreateOutput = async (path) => {
    const output = await (options.createOutput ?? ((name) => createOutputFile(name)))(path);
    outputs.push(output);
    return output;
  };
  try {
    const parts = await writeParts(options, create);
    const manifest = makeManifest(parts, options);
    const output = await create(join(out, MANIFEST_NAME));
    await output.write(new TextEncoder().encode(formatManifest(manifest)));
    await output.finish();
    throwIfAborted(options.signal);
    await replaceModel(out, parts, outputs);
    return manifest;
  } catch (error) {
    for (const output of outputs) await output.discard();
    if (createdFolder !== undefined) await removeFolders(out, createdFolder);
    throw error;
  }
}

function makeManifest(parts: ModelParts, { sampling, licence, notice }: WriteModelOptions): ModelManifest {
  return {
    kind: 'dalle-gl-model',
    formatVersion: 1,
    parts,
    ...(sampling && { sampling }),
    ...(licence === undefined ? {} : { licence }),
    ...(notice === undefined ? {} : { notice }),
  };
}

async function writeParts(options: WriteModelOptions, create: CreateOutput): Promise<ModelParts> {
  const nets: Partial<Record<NetPart, ModelPart>> = {};
  for (const name of NET_PARTS) {
    const part = options.parts.find(({ weights }) => partOf(weights.architecture) === name);
    if (part) nets[name] = await writePart(name, part, options, create);
  }
  const tokenizer = options.tokenizer && (await writeTokenizer(options.tokenizer, options, create));
  // Each was found by the part it is.
  return { ...(nets as ModelParts), ...(tokenizer && { tokenizer }) };
}

async function writePart(
  name: NetPart,
  { weights, source }: PartToWrite,
  options: WriteModelOptions,
  create: CreateOutput,
): Promise<ModelPart> {
  const { dtype, shardBytes = Infinity } = options;
  const plan = planShards(name, weights.tensors, dtype, shardBytes);
  const files: ModelFile[] = [];
  for (const shard of plan.files) {
    files.push(await writeFile(shard.name, writeSafetensors(shard.tensors, dtype), options, create));
  }
  if (plan.index) {
    files.push(await writeFile(plan.index.name, [new TextEncoder().encode(plan.index.text)], options, create));
  }
  return { architecture: weights.architecture, dtype, files, source };
}

async function writeTokenizer(
  { bytes, source }: TokenizerToWrite,
  options: WriteModelOptions,
  create: CreateOutput,
): Promise<TokenizerPart> {
  return { files: [await writeFile(TOKENIZER_NAME, [bytes], options, create)], source };
}

/** Writes a file under its temporary name. */
async function writeFile(
  name: string,
  blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { out, onBytes, signal }: WriteModelOptions,
  create: CreateOutput,
): Promise<ModelFile> {
  const output = await create(join(out, name));
  const hasher = createNodeHasher();
  let bytes = 0;
  for await (const block of blocks) {
    throwIfAborted(signal);
    hasher.update(block);
    await output.write(block);
    bytes += block.length;
    onBytes?.(block.length);
  }
  await output.finish();
  return { name, bytes, sha256: hasher.digest() };
}

/** The old manifest goes first and the new one comes last: in between the folder is no model, never a mixed one. */
async function replaceModel(out: string, parts: ModelParts, outputs: readonly OutputFile[]): Promise<void> {
  const written = new Set(Object.values(parts).flatMap(({ files }) => files.map(({ name }) => name)));
  try {
    await rm(join(out, MANIFEST_NAME), { force: true });
    for (const name of await readdir(out)) {
      const isOld = isModelFile(name) && !written.has(name);
      if (isOld || isLeftover(name)) await rm(join(out, name), { force: true });
    }
  } catch (cause) {
    throw describeWriteFailure(out, cause);
  }
  for (const output of outputs) await output.commit();
}

/** Whether a model's files are called so: whole, as a shard, or as the index of shards. */
function isModelFile(name: string): boolean {
  const pattern = new RegExp(`^(${NET_PARTS.join('|')})(-\\d{5}-of-\\d{5})?\\.safetensors(\\.index\\.json)?$`);
  return name === TOKENIZER_NAME || pattern.test(name);
}

/** Whether a conversion that was killed left it: it may have the size of a model. */
function isLeftover(name: string): boolean {
  const final = leftoverOf(name);
  return final !== undefined && (final === MANIFEST_NAME || isModelFile(final));
}

/** Makes the folder. Returns the first folder that had to be made; undefined if it was there. */
async function makeFolder(out: string, force: boolean): Promise<string | undefined> {
  const created = await makeFolders(out);
  if (created !== undefined || force || (await readdir(out)).length === 0) return created;
  throw new DalleError(
    'E_OUTPUT_EXISTS',
    `writeModelFolder: ${out} is not empty, and nothing in it was touched. Name another folder, or add --force ` +
      `({ force: true }) to replace the model in it.`,
  );
}
