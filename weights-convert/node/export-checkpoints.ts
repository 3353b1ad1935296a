/**
 * A model folder back to PyTorch: a checkpoint for each net in it, which `torch.load(weights_only=True)` opens. People
 * whose official pickles no longer load get working ones this way.
 */
import { join } from 'node:path';
import { DalleError, UsageError } from '../../base/errors.ts';
import { identifyFile } from '../../base/node/file-identity.ts';
import { checkOptions } from '../../base/check-options.ts';
import { checkPath } from '../../base/node/open-file.ts';
import type { OutputFile } from '../../base/node/output-file.ts';
import { OutputFiles } from '../../base/node/output-files.ts';
import { makeFolders, removeFolders } from '../../base/node/output-folder.ts';
import { throwIfAborted } from '../describe-source.ts';
import { MANIFEST_NAME, type ModelFile, type ModelManifest } from '../model-folder/manifest.ts';
import { NET_PARTS, partOf, type NetPart } from '../../nets/net-kinds.ts';
import { countParameters, type Weights } from '../../nets/weights.ts';
import { writeCheckpoint } from '../write-checkpoint.ts';
import { listFiles } from './model-target.ts';
import { createNodeHasher } from './node-hasher.ts';
import { openModelFolder, readModelManifest } from './open-model-folder.ts';
import { describeWriteFailure, lookAtPlace } from './write-failure.ts';

/** What is exported, and where to. */
export interface ExportOptions {
  /** The model folder to read, as `openModelFolder` takes it. */
  readonly folder: string;
  /** Compare its files with their SHA-256 in `model.json` [true]. */
  readonly verify?: boolean;
  /** Where encoder.pt, decoder.pt and transformer.pt go, those that the folder holds. */
  readonly out: string;
  /** Replace files of these names, all or none [refuse]. */
  readonly force?: boolean;
  /** Called with the bytes written so far. */
  readonly onBytes?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** A checkpoint that was written. */
export interface ExportedCheckpoint extends ModelFile {
  readonly part: NetPart;
  readonly tensors: number;
  readonly parameters: number;
}

/**
 * Writes the nets of a model folder as PyTorch's state dicts: all of them, or nothing.
 *
 * @throws DalleError `E_OUTPUT_EXISTS`, `E_PART_MISSING` for a folder without a net, `E_DISK_FULL`, `E_WRITE`,
 *   `E_ZIP_LIMIT`; UsageError `E_OUTPUT_CLASH`; FormatError as `openModelFolder`; AbortedError `E_ABORTED`
 */
export async function exportCheckpoints(options: ExportOptions): Promise<ExportedCheckpoint[]> {
  checkPath('exportCheckpoints', options?.folder);
  checkPath('exportCheckpoints', options.out);
  checkOptions('exportCheckpoints', options);
  const { folder, verify = true, signal } = options;
  throwIfAborted(signal);
  const manifest = await readModelManifest(folder);
  const parts = NET_PARTS.filter((part) => manifest.parts[part]);
  if (parts.length === 0) throw noNets(folder);
  checkTargets(options, manifest, parts);
  const model = await openModelFolder(folder, parts, { verify, ...(signal && { signal }) });
  try {
    const nets = parts.map((part): Weights | undefined => model[part]).filter((weights) => weights !== undefined);
    return await writeCheckpoints(nets, options);
  } finally {
    await model.close();
  }
}

/** Before the model is read. */
function checkTargets({ folder, out, force }: ExportOptions, manifest: ModelManifest, parts: readonly NetPart[]): void {
  const inputs = [
    folder,
    ...[MANIFEST_NAME, ...listFiles(manifest).map(({ name }) => name)].map((name) => join(folder, name)),
  ];
  const read = new Set(inputs.map(identifyFile).filter((identity) => identity !== undefined));
  const targets = parts.map((part) => join(out, nameCheckpoint(part)));
  const clash = [out, ...targets].find((path) => read.has(identifyFile(path) ?? ''));
  if (clash !== undefined) throw isRead(clash);
  const taken = targets.find((path) => {
    const present = lookAtPlace(path);
    return present && (!force || present.isDirectory());
  });
  if (taken !== undefined) throw isTaken(taken);
}

async function writeCheckpoints(nets: readonly Weights[], options: ExportOptions): Promise<ExportedCheckpoint[]> {
  const { out, force } = options;
  const created = await makeFolders(out, describeWriteFailure);
  const outputs = new OutputFiles({ explain: describeWriteFailure });
  let done = 0;
  const onBlock = (bytes: number): void => {
    throwIfAborted(options.signal);
    options.onBytes?.((done += bytes));
  };
  try {
    const exported: ExportedCheckpoint[] = [];
    for (const weights of nets) {
      const name = nameCheckpoint(partOf(weights.architecture));
      const output = await outputs.create(join(out, name), { place: force ? 'replace' : 'new', follow: false });
      exported.push(await writeNet(weights, name, output, onBlock));
    }
    outputs.commit();
    return exported;
  } catch (error) {
    await outputs.discard();
    await removeFolders(out, created);
    throw error;
  }
}

function nameCheckpoint(part: NetPart): string {
  return `${part}.pt`;
}

async function writeNet(
  weights: Weights,
  name: string,
  output: OutputFile,
  onBlock: (bytes: number) => void,
): Promise<ExportedCheckpoint> {
  const hasher = createNodeHasher();
  let bytes = 0;
  for await (const block of writeCheckpoint(weights)) {
    onBlock(block.length);
    hasher.update(block);
    await output.write(block);
    bytes += block.length;
  }
  await output.finish();
  const counts = { tensors: weights.tensors.size, parameters: countParameters(weights) };
  return { part: partOf(weights.architecture), name, bytes, sha256: hasher.digest(), ...counts };
}

function noNets(folder: string): DalleError {
  return new DalleError(
    'E_PART_MISSING',
    `exportCheckpoints: ${folder} holds no encoder, decoder or transformer, so there is nothing to write. Convert one ` +
      `into it first: dalle-gl convert encoder.pkl -o ${folder}`,
  );
}

function isRead(path: string): UsageError {
  return new UsageError(
    'E_OUTPUT_CLASH',
    `exportCheckpoints: ${path} would be written, and it is of the model that is read. Name another folder with -o.`,
  );
}

function isTaken(path: string): DalleError {
  return new DalleError(
    'E_OUTPUT_EXISTS',
    `exportCheckpoints: ${path} is there already, and nothing was touched. Name another folder, or add --force ` +
      '({ force: true }) to replace the files of these names.',
  );
}
