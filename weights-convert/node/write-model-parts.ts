/**
 * The parts of a model under temporary names: what each is called in the end depends on what it holds, and on what
 * stands in the folder (model-target.ts).
 */
import { join } from 'node:path';
import type { OutputFiles } from '../../base/node/output-files.ts';
import { throwIfAborted } from '../describe-source.ts';
import {
  TOKENIZER_NAME,
  type ModelFile,
  type ModelPart,
  type ModelParts,
  type SourceDescription,
  type TokenizerPart,
} from '../model-folder/manifest.ts';
import { NET_PARTS, partOf, type NetPart } from '../../nets/net-kinds.ts';
import type { Weights } from '../../nets/weights.ts';
import { planShards, type ShardPlan } from '../safetensors/plan-shards.ts';
import { summariseDtypes, writeSafetensors, type WeightDtype } from '../safetensors/write-safetensors.ts';
import { checkName, chooseName, type ModelTarget, type TargetOptions } from './model-target.ts';
import { createNodeHasher } from './node-hasher.ts';

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

/** What is written, and how far it has come. */
export interface Writing extends TargetOptions {
  readonly parts: readonly PartToWrite[];
  readonly tokenizer?: TokenizerToWrite;
  /** Of all parts [as each is in its source]. */
  readonly dtype?: WeightDtype;
  readonly shardBytes?: number;
  readonly onBytes?: (count: number) => void;
  readonly signal?: AbortSignal;
  readonly target: ModelTarget;
  readonly outputs: OutputFiles;
  /** Where the bytes of a name are until it is given. */
  readonly temporaries: Map<string, string>;
  /** Files whose names are free until then. */
  readonly fresh: ModelFile[];
}

interface PlannedPart extends PartToWrite {
  readonly name: NetPart;
  readonly plan: ShardPlan;
}

/**
 * Writes all parts; none has its name yet.
 *
 * @throws as `checkName` before anything is written; DalleError `E_DISK_FULL`, `E_WRITE`; AbortedError
 */
export async function writeParts(writing: Writing): Promise<ModelParts> {
  const planned = planParts(writing);
  for (const name of listNames(planned, writing)) checkName(writing.target, writing, name);
  const nets: Partial<Record<NetPart, ModelPart>> = {};
  for (const part of planned) nets[part.name] = await writePart(part, writing);
  const tokenizer = writing.tokenizer && (await writeTokenizer(writing.tokenizer, writing));
  // Each was found by the part it is.
  return { ...(nets as ModelParts), ...(tokenizer && { tokenizer }) };
}

function planParts({ parts, dtype, shardBytes = Infinity }: Writing): PlannedPart[] {
  const planned = parts.map((part) => {
    const { architecture, tensors } = part.weights;
    const name = partOf(architecture);
    return { ...part, name, plan: planShards(name, tensors, dtype, shardBytes) };
  });
  return planned.sort((a, b) => NET_PARTS.indexOf(a.name) - NET_PARTS.indexOf(b.name));
}

function listNames(planned: readonly PlannedPart[], { tokenizer }: Writing): string[] {
  const files = planned.flatMap(({ plan: { files, index } }) => [...files, ...(index ? [index] : [])]);
  return [...files.map(({ name }) => name), ...(tokenizer ? [TOKENIZER_NAME] : [])];
}

async function writePart({ plan, weights, source }: PlannedPart, writing: Writing): Promise<ModelPart> {
  const files: ModelFile[] = [];
  for (const shard of plan.files) {
    files.push(await writeFile(shard.name, writeSafetensors(shard.tensors, writing.dtype), writing));
  }
  if (plan.index) {
    const finalNames = new Map(plan.files.map(({ name }, i) => [name, files[i]!.name]));
    const text = plan.index.format((name) => finalNames.get(name)!);
    files.push(await writeFile(plan.index.name, [new TextEncoder().encode(text)], writing));
  }
  return { architecture: weights.architecture, dtype: summariseDtypes(weights.tensors, writing.dtype), files, source };
}

async function writeTokenizer({ bytes, source }: TokenizerToWrite, writing: Writing): Promise<TokenizerPart> {
  return { files: [await writeFile(TOKENIZER_NAME, [bytes], writing)], source };
}

/** Writes a file under its temporary name; its own is known when its content is. */
async function writeFile(
  plain: string,
  blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { out, target, outputs, temporaries, fresh, onBytes, signal }: Writing,
): Promise<ModelFile> {
  const output = await outputs.create(join(out, plain), { follow: false });
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
  const sha256 = hasher.digest();
  const { name, place } = chooseName(target, out, plain, sha256);
  output.target = join(out, name);
  output.place = place;
  temporaries.set(name, output.temporary);
  const file = { name, bytes, sha256 };
  if (place === 'new') fresh.push(file);
  return file;
}
